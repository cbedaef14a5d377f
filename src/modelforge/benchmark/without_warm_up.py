"""A recording without the beginning that is found to be unlike the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelforge.benchmark import columns
from modelforge.benchmark.chosen_rows import choose
from modelforge.benchmark.gap_slots import all_gaps
from modelforge.benchmark.measures import Measures
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.run_statistics import SERIES, WATCHED
from modelforge.benchmark.sent_order import SentOrder
from modelforge.stats.long_series import LongSeries
from modelforge.stats.warm_up import warm_up


def without_warm_up(recording: Recording) -> Recording:
    """``recording`` with what was sent before the end of its warm-up counted as one.

    Gaps are left out by the slots of time that ended before that end.
    """
    table = recording.columns
    cut_ns = _end_ns(choose(recording).good)
    phases, early = [], 0
    for phase, sent in zip(table["phase"].chunks, table["sent_ns"].chunks, strict=True):
        changed, count = _changed(phase, sent, cut_ns)
        phases.append(changed)
        early += count
    recording.let_go()
    if not early:
        return recording
    place = table.schema.get_field_index("phase")
    slots = tuple(s for s in recording.gap_slots if s.end_ns is None or s.end_ns > cut_ns)
    return replace(
        recording,
        columns=table.set_column(place, table.schema.field(place), pa.chunked_array(phases)),
        gaps=all_gaps(slots) if slots else recording.gaps,
        gap_slots=slots,
        began_ns=cut_ns,
        early=early,
    )


def _changed(phase: pa.Array[Any], sent: pa.Array[Any], cut_ns: int) -> tuple[pa.Array[Any], int]:
    """The phases of a chunk, and how many of them became a warm-up."""
    was: NDArray[np.uint8] = columns.whole_numbers(phase)
    early = (columns.whole_numbers(sent) < cut_ns) & (was != Phase.WARM_UP)
    now = np.where(early, np.uint8(Phase.WARM_UP), was)
    return columns.of_numbers(now, pa.field("phase", phase.type)), int(np.count_nonzero(early))


def _end_ns(good: Measures) -> int:
    """When the first request was sent that is of no measure's warm-up; 0 where there is none."""
    order = SentOrder(good)
    most = 0
    for name in WATCHED:
        values = order.measure(SERIES[name])
        if values.size and (found := warm_up(values, level=0.01)).present:
            most = max(most, min(found.values, good.count - 1))
    if not most:
        return 0
    sent = good.values(lambda requests: requests.column("sent_ns").astype(np.float64))
    series = sent if isinstance(sent, LongSeries) else LongSeries.of(sent)
    return int(series.select((most,))[most])
