"""Several models in turns, and two kept benchmarks against each other."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from modelforge.benchmark.distribution import Distribution
from modelforge.benchmark.figure import FIGURES, USUAL, figure_named
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.run_diff import Gate, MeasuredRun, diff
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.turns import compare_turns, turns
from modelforge.benchmark.verdict import Status
from modelforge.core.errors import UsageError
from modelforge.export.run_diff_view import run_diff_json, run_diff_markdown, run_diff_view
from modelforge.export.turns_view import turns_csv, turns_json, turns_markdown, turns_view
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.verdict import Outcome
from tests.unit.benchmark.runs import a_large_table, a_recording, a_word, gaps_of
from tests.unit.export.drawing import drawn, widest


def a_result(model: str, *, mean: float = 100.0, seed: int = 1) -> BenchmarkResult:
    """A run of so many milliseconds at every point of every distribution of end to end."""
    columns, plan = a_large_table(400, seed=seed), Plan(model=model, asked={})
    made = summarise(a_recording(columns, [a_word()], gaps=gaps_of(10.0), plan=plan))
    names = ("mean", "min", "p50", "p90", "p95", "p99", "p99_9", "max")
    return replace(made, e2e_ms=Distribution(count=400, **dict.fromkeys(names, mean)))


def repeated(model: str, means: list[float]) -> BenchmarkResult:
    runs = tuple(a_result(model, mean=mean, seed=n) for n, mean in enumerate(means))
    return replace(runs[0], runs=runs)


def test_every_second_round_goes_backwards() -> None:
    assert list(turns(2, 4)) == [(0, 0), (1, 0), (1, 1), (0, 1), (0, 2), (1, 2), (1, 3), (0, 3)]
    order = list(turns(3, 2))
    assert [model for model, _ in order] == [0, 1, 2, 2, 1, 0]
    assert all(b - a in {0, 1} for (_, a), (_, b) in pairwise(order))


def test_a_difference_between_runs_is_found_through_the_drift_of_the_hour() -> None:
    hour = np.array([1.0, 1.4, 1.8, 2.2])
    slow = repeated("p/slow", (110 * hour + [0.1, -0.1, 0.1, 0]).tolist())
    fast = repeated("p/fast", (100 * hour).tolist())
    found = compare_turns([slow, fast])
    pair = next(pair for pair in found.pairs if pair.figure.name == "e2e.p99")
    assert pair.outcome is Outcome.WORSE
    assert pair.pairs == 4
    assert pair.ratio is not None
    assert pair.ratio.point == pytest.approx(1.1, abs=0.01)


def test_equal_runs_within_a_margin_are_equivalent() -> None:
    one, other = repeated("p/a", [100, 101, 99, 100]), repeated("p/b", [101, 100, 100, 99])
    found = compare_turns([one, other], margin=0.05)
    pair = next(pair for pair in found.pairs if pair.figure.name == "e2e.mean")
    assert pair.outcome is Outcome.EQUIVALENT


def test_one_run_each_is_compared_by_its_intervals() -> None:
    found = compare_turns([a_result("p/a"), a_result("p/b", seed=2)])
    pair = next(pair for pair in found.pairs if pair.figure.name == "ttft.mean")
    assert (pair.pairs, pair.adjusted_p) == (0, None)
    assert pair.outcome is Outcome.NOT_DISTINGUISHABLE


@pytest.mark.parametrize("width", [20, 60, 80, 120])
def test_the_comparison_fits_any_console(width: int) -> None:
    results = [repeated(f"p/{name}", [100, 101, 102, 99]) for name in "abc"]
    found = compare_turns(results)
    text = drawn(turns_view(found), width)
    assert widest(text) <= width
    assert "4 pairs of runs" in " ".join(text.split())
    document = json.loads(turns_json(found))
    assert len(document["models"]) == 3
    assert document["comparison"][0]["pairs_of_runs"] == 4
    assert turns_csv(found).count("verdict.status") == 1
    assert "## `p/a` against `p/b`" in turns_markdown(found)


def measured(name: str, points: dict[str, tuple[float, float, float]]) -> MeasuredRun:
    return MeasuredRun(
        name=name,
        model="p/m",
        status=Status.VALID,
        level=0.95,
        estimates={
            figure: Estimate(
                point=point,
                interval=Interval(low=low, high=high),
                standard_error=None,
                method="made up",
                n=100,
            )
            for figure, (point, low, high) in points.items()
        },
    )


BASE = measured("base.json", {"ttft.p99": (100, 98, 102), "requests_per_s": (50, 49, 51)})


@pytest.mark.parametrize(
    ("p99", "outcome"),
    [((101, 99, 103), "passes"), ((105, 100, 110), "unknown"), ((130, 125, 135), "fails")],
)
def test_a_gate_passes_fails_or_does_not_know(
    p99: tuple[float, float, float], outcome: str
) -> None:
    found = diff(BASE, measured("new.json", {"ttft.p99": p99}), gates=[Gate.parse("ttft.p99=5%")])
    (gated,) = found.gates
    assert gated.outcome == outcome
    assert found.passed == (outcome == "passes")
    assert found.failed == (outcome == "fails")


def test_a_gate_on_what_is_high_looks_down() -> None:
    slower = measured("new.json", {"requests_per_s": (40, 39, 41)})
    found = diff(BASE, slower, gates=[Gate.parse("requests_per_s=5%")])
    assert found.failed
    assert found.changes[-1].outcome is Outcome.WORSE


def test_a_figure_that_one_has_not_is_unknown() -> None:
    found = diff(BASE, measured("new.json", {}), gates=[Gate.parse("ttft.p99=5%")])
    assert found.gates[0].outcome == "unknown"
    assert found.gates[0].reason is not None
    assert "new.json has no interval" in found.gates[0].reason
    assert {change.ratio for change in found.changes} == {None}


def test_the_usual_figures_are_a_table_at_80_columns_that_names_its_unit() -> None:
    wide = {figure.name: (2_520.0, 1_910.0, 3_130.0) for figure in USUAL}
    wide |= {"requests_per_s": (2_947, 2_473, 3_421), "output_tokens_per_s": (188_590, 1.5e5, 2e5)}
    wide["ttft.p99"] = (7_030.0, 6_000.0, math.inf)
    found = diff(measured("a.json", wide), measured("b.json", wide))
    head, *rows = drawn(run_diff_view(found), 80).splitlines()[4:]
    assert head.split() == ["times", "in", "ms", "before", "after", "change"]
    assert len(rows) == len(USUAL)
    assert any("TTFT p99" in row and "+0.0 % (any)" in row for row in rows)


@pytest.mark.parametrize("width", [20, 60, 80, 120])
def test_the_diff_fits_any_console(width: int) -> None:
    after = measured("new.json", {"ttft.p99": (120, 110, 130), "requests_per_s": (50, 48, 52)})
    found = diff(BASE, after, gates=[Gate.parse("ttft.p99=5%")])
    assert widest(drawn(run_diff_view(found), width)) <= width
    assert json.loads(run_diff_json(found))["passed"] is False
    assert "**fails**" in run_diff_markdown(found)


@pytest.mark.parametrize(
    "text",
    ["", "ttft", "ttft.p99", "ttft.p99=5", "ttft.p98=5%", "ttft.p99=0%", "requests_per_s=100%"],
)
def test_what_is_no_gate_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Gate.parse(text)


def test_every_usual_figure_has_its_name() -> None:
    assert all(FIGURES[figure.name] is figure for figure in USUAL)
    with pytest.raises(UsageError, match="is no figure"):
        figure_named("latency")
