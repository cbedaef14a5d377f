"""What a worker says of itself, and what was asked, as JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelforge.benchmark.plan import Plan
from modelforge.benchmark.telemetry import Telemetry
from tests.unit.benchmark.runs import PLAN, a_word, gaps_of


def test_telemetry_comes_back() -> None:
    said = a_word(3, gaps=gaps_of(1, 2), reasoning_gaps=gaps_of(2), window_ns=(5, 6))
    said = replace(said, idle_s=3.5, cores=2, parent_pauses=1, unconnected=2, unsent=3, lost=True)
    said = replace(said, send_lag_ms=gaps_of(0.5))
    assert Telemetry.from_json(said.to_json()) == said


def test_what_is_not_known_is_not_written() -> None:
    said = a_word(at_ns=None, run_delay_s=None)
    assert b"run_delay_s" not in said.to_json()
    assert Telemetry.from_json(said.to_json()) == said


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b"\xff", b'{"worker": 1}'])
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="not the telemetry"):
        Telemetry.from_json(text)
    with pytest.raises(ValueError, match="not the plan"):
        Plan.from_json(text)


def test_what_is_not_even_text_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="no UTF-8 at byte 9000") as refused:
        Telemetry.from_json(b"x" * 9000 + b"\xff")
    assert len(str(refused.value)) < 100


def test_a_plan_comes_back() -> None:
    assert Plan.from_json(PLAN.to_json()) == PLAN
