"""The records of a benchmark as measured requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from modelforge.core.errors import ScenarioError
from modelforge.cost.request_sample import RequestSample
from modelforge.prompts.wording import plain


def read_records(path: Path) -> RequestSample:
    """The answered requests of a recording, its warm-up left out.

    Raises:
        ScenarioError: it is no recording, or no server counted tokens in it.
    """
    name = plain(str(path))
    try:
        with path.open("rb") as file, pa.ipc.open_stream(file) as stream:
            batches = []
            while True:
                try:
                    batches.append(stream.read_next_batch())
                except StopIteration:
                    break
                except pa.ArrowException:
                    break  # cut off: what is whole counts
            table = pa.Table.from_batches(batches, schema=stream.schema)
    except OSError as error:
        raise ScenarioError(f"{name}: cannot be read: {error.strerror or error}") from None
    except pa.ArrowException:
        raise ScenarioError(f"{name}: not the recording of a benchmark") from None
    try:
        kept = table.filter(
            pc.and_(
                pc.and_(pc.greater(table["phase"], 0), pc.is_null(table["error"])),
                pc.and_(
                    pc.is_valid(table["prompt_tokens"]), pc.is_valid(table["completion_tokens"])
                ),
            )
        )
    except (KeyError, pa.ArrowException):
        raise ScenarioError(f"{name}: not the recording of a benchmark") from None

    def column(named: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        filled = pc.fill_null(kept[named], 0)
        return filled.to_numpy().astype(np.float64)

    rows = kept.num_rows
    return RequestSample(
        prompt=column("prompt_tokens"),
        completion=column("completion_tokens"),
        cached=column("cached_tokens"),
        written=np.zeros(rows),
        reasoning=column("reasoning_tokens"),
        weights=np.ones(rows),
        source=name,
    )
