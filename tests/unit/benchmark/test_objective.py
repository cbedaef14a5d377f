"""What a load must hold, as it is written."""

from __future__ import annotations

import pytest

from modelforge.benchmark.objective import Objective
from modelforge.benchmark.slo import Slo
from modelforge.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "slo", "share"),
    [
        ("ttft=500ms", Slo(ttft=500), 0.99),
        ("ttft=500ms@p95", Slo(ttft=500), 0.95),
        ("ttft=1s@p99.9,itl=50ms", Slo(ttft=1000, itl=50), 0.999),
        ("ttft=1s@p90, itl=50ms@p90", Slo(ttft=1000, itl=50), 0.9),
    ],
)
def test_it_reads_limits_and_a_percentile(text: str, slo: Slo, share: float) -> None:
    objective = Objective.parse(text)
    assert objective.slo == slo
    assert objective.share == pytest.approx(share)
    assert Objective.parse(objective.description) == objective


@pytest.mark.parametrize(
    "text", ["", "ttft", "ttft=500ms@", "ttft=500ms@99", "ttft=1s@p0", "ttft=1s@p99,itl=1s@p90"]
)
def test_it_refuses_what_is_no_objective(text: str) -> None:
    with pytest.raises(UsageError):
        Objective.parse(text)
