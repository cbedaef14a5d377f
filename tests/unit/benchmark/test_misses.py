"""Which requests missed the limits, in the order in which they were due."""

from __future__ import annotations

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from tests.unit.benchmark.runs import (
    SECOND,
    a_failure,
    a_recording,
    a_request,
    a_table,
)


def test_they_are_in_order_whatever_the_records_are() -> None:
    def due_at(index: int, due_s: float, ttft_s: float, **changes: int) -> dict[str, object]:
        due_ns = round(due_s * SECOND)
        moments = {
            "due_ns": due_ns,
            "sent_ns": due_ns,
            "first_ns": due_ns + round(ttft_s * SECOND),
            "last_ns": due_ns + 2 * SECOND,
            "done_ns": due_ns + 2 * SECOND,
        }
        return a_request(index, **{**moments, **changes})

    table = a_table(
        due_at(2, 9.0, 0.9),
        due_at(0, 5.0, 0.1),
        a_failure(1, due_ns=7 * SECOND),
        due_at(3, 4.0, 0.9, phase=int(Phase.WARM_UP)),
        due_at(4, 10.0, 0.1),
    )
    result = summarise(a_recording(table), slo=Slo(ttft=500), with_misses=True)
    assert result.misses is not None
    assert result.misses.due_s.tolist() == [0, 2, 4, 5]
    assert result.misses.missed.tolist() == [False, True, True, False]
    assert summarise(a_recording(table), with_misses=True).misses is None
    assert summarise(a_recording(table), slo=Slo(ttft=500)).misses is None
