"""Several runs as a whole."""

from __future__ import annotations

import pytest

from modelforge.benchmark.recording import Recording
from modelforge.benchmark.summary import summarise_recording
from modelforge.benchmark.verdict import Status
from modelforge.benchmark.whole import whole
from modelforge.pricing.tariff import NoTariff
from tests.unit.benchmark.runs import PLAN, SECOND, a_failure, a_request, a_table, a_word, gaps_of

PRICES = NoTariff(reason="free")


def a_recording(*rows: dict[str, object], final: bool = True, seconds: float = 10) -> Recording:
    window = (0, int(seconds * SECOND))
    return Recording(
        plan=PLAN,
        columns=a_table(*rows),
        telemetry=(a_word(at_s=seconds, window_ns=window if final else None, final=final),),
        gaps=gaps_of(10, 10),
    )


def test_rates_are_over_the_time_of_all_runs() -> None:
    recordings = [
        a_recording(a_request(0), a_request(1), a_failure(2), seconds=10),
        a_recording(a_request(0), a_request(1), seconds=30),
    ]
    results = [summarise_recording(recording) for recording in recordings]
    found = whole(recordings, results, prices=PRICES, slo=None)
    assert (found.total_requests, found.successful_requests) == (5, 4)
    assert found.total_duration == pytest.approx(40)
    assert found.requests_per_s == pytest.approx(0.1)
    assert found.tokens_per_second == pytest.approx(20 / 40)
    assert found.itl_ms.count == 4
    assert found.errors == {"timed_out": 1}
    assert found.runs == tuple(results)
    assert found.client.cpu_s == pytest.approx(sum(result.client.cpu_s for result in results))


def test_the_verdict_is_the_worst_of_the_runs() -> None:
    recordings = [a_recording(a_request(0)), a_recording(a_request(0), final=False)]
    results = [summarise_recording(recording) for recording in recordings]
    found = whole(recordings, results, prices=PRICES, slo=None).verdict
    assert found.status is Status.SUSPECT
    assert [reason.message.partition(":")[0] for reason in found.reasons] == ["run 2"]
    assert [note.code for note in found.notes] == ["few_requests"]
