"""The records of a benchmark as measured requests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from modelforge.benchmark.columns import whole_numbers
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.recording import read_recording
from modelforge.core.errors import NotARecording, ScenarioError
from modelforge.cost.request_sample import Column, RequestSample
from modelforge.prompts.wording import plain


def read_records(path: Path) -> RequestSample:
    """The answered requests of a recording, its warm-up left out.

    Raises:
        ScenarioError: it is no recording, or no server counted tokens in it.
    """
    name = plain(str(path))
    try:
        with path.open("rb") as file, pa.ipc.open_stream(file) as stream:
            recording = read_recording(stream.schema, stream.iter_batches_with_custom_metadata())
    except OSError as error:
        raise ScenarioError(f"{name}: cannot be read: {error.strerror or error}") from None
    except (pa.ArrowException, NotARecording):
        raise ScenarioError(f"{name}: not the recording of a benchmark") from None
    table = recording.columns
    prompt, completion = (
        whole_numbers(table[column]) for column in ("prompt_tokens", "completion_tokens")
    )
    kept = (
        (whole_numbers(table["phase"]) != Phase.WARM_UP) & (prompt >= 0) & (completion >= 0)
    )  # what failed has no count

    def column(named: str) -> Column:
        found: Column = np.maximum(whole_numbers(table[named])[kept], 0).astype(np.float64)
        return found

    rows = int(np.count_nonzero(kept))
    return RequestSample(
        prompt=column("prompt_tokens"),
        completion=column("completion_tokens"),
        cached=column("cached_tokens"),
        written=np.zeros(rows),
        reasoning=column("reasoning_tokens"),
        weights=np.ones(rows),
        source=name,
    )
