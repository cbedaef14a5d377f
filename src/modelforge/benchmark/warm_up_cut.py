"""A recording without the beginning that is found to be a warm-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa

from modelforge.benchmark.chosen_rows import choose
from modelforge.benchmark.columns import of_numbers
from modelforge.benchmark.gap_slots import all_gaps, slots_after
from modelforge.benchmark.measures import Measures, blocks, whole_numbers
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.record import RECORD
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.run_statistics import SERIES, WATCHED
from modelforge.benchmark.sent_order import SentOrder
from modelforge.stats.long_series import LongSeries
from modelforge.stats.warm_up import warm_up


def warm_up_end_ns(good: Measures) -> int:
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


def without_warm_up(recording: Recording) -> Recording:
    """The recording with the requests of its warm-up marked as such, and without their gaps."""
    columns, let_go = recording.columns, recording.let_go
    cut_ns = warm_up_end_ns(Measures(columns, choose(columns, let_go).good, let_go))
    if not cut_ns:
        return recording
    place = columns.schema.get_field_index("phase")
    slots = slots_after(recording.gap_slots, cut_ns)
    return replace(
        recording,
        columns=columns.set_column(place, RECORD.field("phase"), _marked(columns, cut_ns, let_go)),
        gaps=all_gaps(slots) if slots else recording.gaps,
        gap_slots=tuple(slots),
    )


def _marked(
    columns: pa.Table, cut_ns: int, let_go: Callable[[], None]
) -> pa.ChunkedArray[pa.UInt8Scalar]:
    field, chunks = RECORD.field("phase"), []
    for start, stop in blocks(columns.num_rows):
        piece = columns.slice(start, stop - start)
        early = whole_numbers(piece["sent_ns"]) < cut_ns
        phase = np.where(early, Phase.WARM_UP, whole_numbers(piece["phase"]))
        chunks.append(of_numbers(phase, field))
        let_go()
    return pa.chunked_array(chunks, field.type)
