"""The rows of a recording by what they count for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelforge.benchmark.columns import is_valid, whole_numbers, words
from modelforge.benchmark.measures import Measures
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.rows import Rows, blocks
from modelforge.core.errors import Interrupted, TimedOut


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenRows:
    """The requests of a recording by what they are of, and how many are of the rest.

    Attributes:
        measured: neither warm-up nor broken off.
        good: those of them that succeeded.
        in_time: those that succeeded before the measurement ended.
        reached: the measured ones that got any answer at all.
        succeeded: of the warm-up too: they cost as much.
        warm_up, cool_down, broken_off: how many.
        begun: how many failed or were broken off after the server had begun to answer, or without
            a sign that it had not: they may have cost something.
    """

    measured: Measures
    good: Measures
    in_time: Measures
    reached: Measures
    succeeded: Measures
    warm_up: int
    cool_down: int
    broken_off: int
    begun: int


def choose(recording: Recording, *, ends_ns: int | None = None) -> ChosenRows:
    """Look at every row once.

    ``ends_ns`` is when the measurement ended, where the phases do not say so.
    """
    columns = recording.columns
    measured_rows, good, in_time, reached_rows, answered = (Rows() for _ in range(5))
    counts: Counter[str] = Counter()
    for start, stop in blocks(columns.num_rows):
        piece = columns.slice(start, stop - start)
        phase = whole_numbers(piece["phase"])
        succeeded = ~is_valid(piece["error"])
        # Whatever was asked in time counts, however late it was answered: to leave out what was
        # under way at the end would leave out the longest answers. Rates are of what was answered
        # in time.
        broken_off = _is_error(piece["error"], Interrupted.kind)
        measured = (phase != Phase.WARM_UP) & ~broken_off
        cool_down = phase == Phase.COOL_DOWN
        if ends_ns is not None:
            late = whole_numbers(piece["done_ns"]) > ends_ns
            cool_down |= (phase == Phase.MEASURED) & late
        reached = succeeded | (whole_numbers(piece["status"]) != 0)
        for rows, block in (
            (measured_rows, measured),
            (good, measured & succeeded),
            (in_time, (phase == Phase.MEASURED) & ~cool_down & succeeded),
            (reached_rows, measured & reached),
            (answered, succeeded),
        ):
            rows.add(block)
        counts["warm_up"] += int(np.count_nonzero(phase == Phase.WARM_UP))
        counts["cool_down"] += int(np.count_nonzero(cool_down & ~broken_off))
        unknown = _is_error(piece["error"], Interrupted.kind, TimedOut.kind)
        ok = whole_numbers(piece["status"]) == HTTPStatus.OK
        counts["begun"] += int(np.count_nonzero(~succeeded & (ok | unknown)))
        counts["broken_off"] += int(np.count_nonzero(broken_off))
        recording.let_go()

    def of(rows: Rows) -> Measures:
        return Measures(columns, rows, recording.let_go)

    return ChosenRows(
        measured=of(measured_rows),
        good=of(good),
        in_time=of(in_time),
        reached=of(reached_rows),
        succeeded=of(answered),
        warm_up=counts["warm_up"],
        cool_down=counts["cool_down"],
        broken_off=counts["broken_off"],
        begun=counts["begun"],
    )


def _is_error(column: pa.ChunkedArray[Any], *of: str) -> NDArray[np.bool_]:
    chunks = []
    for chunk in column.chunks:
        codes, kinds = words(chunk)
        chunks.append(np.isin(codes, [code for code, word in enumerate(kinds) if word in of]))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.bool_)
