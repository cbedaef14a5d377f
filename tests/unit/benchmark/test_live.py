"""What the live view is told."""

from __future__ import annotations

import pyarrow as pa
import pytest

from modelforge.benchmark.live import LiveTally
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.record import RECORD
from modelforge.benchmark.telemetry import Telemetry
from modelforge.stats.histogram import LogHistogram
from tests.unit.benchmark.runs import SECOND, a_failure, a_request


def batch(*rows: dict[str, object]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=RECORD)


def said(at_s: float, in_flight: int, worker: int = 0) -> bytes:
    return Telemetry(
        worker=worker,
        cpu_s=0,
        peak_rss_bytes=0,
        loop_lag_ms=LogHistogram(),
        in_flight=in_flight,
        at_ns=int(at_s * SECOND),
    ).to_json()


def test_it_counts_what_workers_say() -> None:
    tally = LiveTally()
    tally.take(batch(a_request(0), a_request(1), a_failure(2)), said(1.0, in_flight=3))
    tally.take(batch(a_request(3, completion_tokens=None)), said(2.0, in_flight=4, worker=1))
    view = tally.view()
    assert (view.done, view.failed, view.in_flight, view.elapsed_s) == (4, 1, 7, 2.0)
    assert view.errors == (("timed_out", 1),)
    assert view.requests_per_s == pytest.approx(1.5)
    assert view.tokens_per_s == pytest.approx(7.5)
    assert view.ttft_p50_ms == pytest.approx(100, rel=0.01)


def test_rates_are_those_of_the_last_seconds() -> None:
    tally = LiveTally()
    tally.take(batch(*[a_request(index) for index in range(50)]), said(1.0, in_flight=1))
    tally.take(batch(), said(10.0, in_flight=1))
    assert tally.view().requests_per_s == 0
    assert tally.view().done == 50


def test_warm_up_is_left_out() -> None:
    tally = LiveTally()
    tally.take(batch(a_request(0, phase=int(Phase.WARM_UP))), said(0.1, in_flight=0))
    view = tally.view()
    assert (view.done, view.ttft_p50_ms) == (0, None)
