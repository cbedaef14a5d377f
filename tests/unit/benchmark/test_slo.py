"""The limits of goodput."""

from __future__ import annotations

import pytest

from modelforge.benchmark.slo import Slo
from modelforge.core.errors import UsageError


def test_limits_are_read_with_their_units() -> None:
    slo = Slo.parse("ttft=500ms, itl = 0.05s,e2e=2s,tpot=800us,max_itl=.5m")
    assert slo == Slo(ttft=500, itl=50, e2e=2000, tpot=0.8, max_itl=30_000)
    assert dict(slo.limits_ms())["ttft"] == 500


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ttft",
        "ttft=",
        "ttft=500",
        "ttft=500 parsecs",
        "ttft=-1ms",
        "ttft=0ms",
        "ttft=nanms",
        "ttft=1ms,ttft=2ms",
        "ttft=1ms,",
        "speed=3ms",
        "ttft=1e999s",
        "ttft=" + "9" * 400 + "s",
        "ttft=٣ms",
    ],
)
def test_anything_else_is_a_usage_error_of_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="SLO") as caught:
        Slo.parse(text)
    assert "\n" not in str(caught.value)


def test_a_share_of_the_requests_is_said_to_belong_elsewhere() -> None:
    with pytest.raises(UsageError, match="@p99, is of --find-max alone"):
        Slo.parse("ttft=500ms@p99")
