"""Two benchmarks that share nothing: what changed, and whether a gate lets it pass."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from modelforge.benchmark.figure import USUAL, Figure, figure_named
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.verdict import Status
from modelforge.core.errors import UnusableSample, UsageError
from modelforge.stats.estimate import Estimate
from modelforge.stats.run_difference import NonInferiority, non_inferiority, run_ratio
from modelforge.stats.verdict import Outcome

_GATE = re.compile(r"([a-z0-9_.]+)=(\d+\.?\d*|\.\d+)%")


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredRun:
    """What is kept of a benchmark to hold another against it.

    Attributes:
        name: what it is called in the report: a file, later a stored run.
        estimates: the figures by name, with intervals of ``level``.
        runs: how many runs the intervals lie between; 1: within one.
    """

    name: str
    model: str
    status: Status
    level: float
    estimates: Mapping[str, Estimate]
    runs: int = 1

    @classmethod
    def of(
        cls, name: str, result: BenchmarkResult, figures: Sequence[Figure], *, level: float
    ) -> MeasuredRun:
        """Of a result that is there."""
        found = {figure.name: figure.estimate(result) for figure in figures}
        return cls(
            name=name,
            model=result.plan.model,
            status=result.verdict.status,
            level=level,
            estimates={name: each for name, each in found.items() if each is not None},
            runs=max(1, len(result.runs)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """The most by which a figure may change for the worse: ``margin`` 0.05 is 5 %."""

    figure: Figure
    margin: float

    @classmethod
    def parse(cls, text: str) -> Gate:
        """``ttft.p99=5%``.

        Raises:
            UsageError: it is not that.
        """
        match = _GATE.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"--gate {text!r}: write a figure and a change, as in ttft.p99=5%")
        figure, margin = figure_named(match[1]), float(match[2]) / 100
        if not margin or (figure.higher_is_better and margin >= 1):
            raise UsageError(f"--gate {text!r}: a change lies above 0 %, a loss under 100 %")
        return cls(figure=figure, margin=margin)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One figure of both.

    Attributes:
        ratio: candidate over baseline; None where either is unknown, and ``reason`` says so.
        outcome: of the candidate, by whether the interval of the ratio holds 1.
    """

    figure: Figure
    baseline: Estimate | None
    candidate: Estimate | None
    ratio: Estimate | None = None
    outcome: Outcome | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gated:
    """What became of a gate; ``ratio`` None where a figure is missing, and so it is unknown."""

    gate: Gate
    outcome: Literal["passes", "fails", "unknown"]
    ratio: Estimate | None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunDiff:
    """A candidate held against a baseline."""

    baseline: MeasuredRun
    candidate: MeasuredRun
    changes: tuple[Change, ...]
    gates: tuple[Gated, ...] = field(default_factory=tuple)

    @property
    def passed(self) -> bool:
        """Whether no gate fails and none is undecided."""
        return all(gated.outcome == "passes" for gated in self.gates)

    @property
    def failed(self) -> bool:
        """Whether a gate fails for certain."""
        return any(gated.outcome == "fails" for gated in self.gates)


def diff(
    baseline: MeasuredRun,
    candidate: MeasuredRun,
    *,
    figures: Sequence[Figure] = USUAL,
    gates: Sequence[Gate] = (),
) -> RunDiff:
    """The change of each figure that both have, and each gate's outcome.

    The two share nothing, so each ratio's interval is recovered from the two single ones. A
    figure that neither has is left out.

    Raises:
        LengthsDiffer: the intervals are of different levels.
    """
    names = baseline.estimates.keys() | candidate.estimates.keys()
    return RunDiff(
        baseline=baseline,
        candidate=candidate,
        changes=tuple(
            _change(figure, baseline, candidate) for figure in figures if figure.name in names
        ),
        gates=tuple(_gated(gate, baseline, candidate) for gate in gates),
    )


def _change(figure: Figure, baseline: MeasuredRun, candidate: MeasuredRun) -> Change:
    a, b = baseline.estimates.get(figure.name), candidate.estimates.get(figure.name)
    if a is None or b is None:
        reason = _missing(baseline if a is None else candidate)
        return Change(figure=figure, baseline=a, candidate=b, reason=reason)
    try:
        ratio = run_ratio(b, a)
    except UnusableSample as fault:
        return Change(figure=figure, baseline=a, candidate=b, reason=str(fault))
    return Change(
        figure=figure, baseline=a, candidate=b, ratio=ratio, outcome=figure.outcome(ratio)
    )


def _gated(gate: Gate, baseline: MeasuredRun, candidate: MeasuredRun) -> Gated:
    a = baseline.estimates.get(gate.figure.name)
    b = candidate.estimates.get(gate.figure.name)
    if a is None or b is None:
        reason = _missing(baseline if a is None else candidate)
        return Gated(gate=gate, outcome="unknown", ratio=None, reason=reason)
    try:
        found: NonInferiority = non_inferiority(
            b, a, margin=gate.margin, lower_is_better=not gate.figure.higher_is_better
        )
    except UnusableSample as fault:
        return Gated(gate=gate, outcome="unknown", ratio=None, reason=str(fault))
    undecided = "the interval holds the limit: measure longer, or more runs"
    return Gated(
        gate=gate,
        outcome=found.outcome,
        ratio=found.ratio,
        reason=undecided if found.outcome == "unknown" else None,
    )


def _missing(run: MeasuredRun) -> str:
    return f"{run.name} has no interval of it: too few requests, or too short a run"
