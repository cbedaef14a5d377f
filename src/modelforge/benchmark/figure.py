"""The figures of a run that another run's are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from modelforge.benchmark.result import BenchmarkResult
from modelforge.core.errors import UsageError
from modelforge.stats.estimate import Estimate
from modelforge.stats.verdict import Outcome

_MEASURES: Final = {
    "ttft": ("ttft_ms", "TTFT"),
    "itl": ("itl_ms", "ITL"),
    "tpot": ("tpot_ms", "TPOT"),
    "e2e": ("e2e_ms", "end to end"),
    "ttft_from_due": ("ttft_from_due_ms", "TTFT from due"),
    "e2e_from_due": ("e2e_from_due_ms", "end to end from due"),
}
_STATISTICS: Final = {
    "mean": "mean",
    "p50": "p50",
    "p90": "p90",
    "p95": "p95",
    "p99": "p99",
    "p99.9": "p99_9",
}
_RATES: Final = {
    "requests_per_s": ("requests/s", "requests_per_s"),
    "output_tokens_per_s": ("output tokens/s", "tokens_per_second"),
    "goodput_per_s": ("goodput/s", "goodput_per_s"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number of a benchmark: ``ttft.p99``, ``requests_per_s``.

    Attributes:
        measure, statistic: where it stands in a result and its export; a rate has no statistic.
    """

    name: str
    label: str
    measure: str
    statistic: str | None
    higher_is_better: bool

    def value(self, result: BenchmarkResult) -> float | None:
        """What it is in a result."""
        if self.statistic is None:
            found: float | None = getattr(result, self.measure)
        else:
            found = getattr(getattr(result, self.measure), self.statistic)
        return found

    def estimate(self, result: BenchmarkResult) -> Estimate | None:
        """What it is, with its interval; None where there is none."""
        found = result.statistics
        if found is None:
            return None
        if self.statistic is None:
            return found.rates.get(self.name)
        figures = found.measures.get(self.measure)
        return None if figures is None else figures.estimates.get(self.statistic)

    def outcome(self, ratio: Estimate) -> Outcome:
        """What a ratio of it to another's says, by whether its interval holds 1."""
        if 1.0 in ratio.interval:
            return Outcome.NOT_DISTINGUISHABLE
        return self.direction(ratio)

    def direction(self, ratio: Estimate) -> Outcome:
        """Which way a ratio of it to another's lies that is known to differ from 1."""
        better = (ratio.point > 1) == self.higher_is_better
        return Outcome.BETTER if better else Outcome.WORSE


FIGURES: Final[Mapping[str, Figure]] = {
    **{
        f"{short}.{said}": Figure(
            name=f"{short}.{said}",
            label=f"{label} {said}",
            measure=measure,
            statistic=statistic,
            higher_is_better=False,
        )
        for short, (measure, label) in _MEASURES.items()
        for said, statistic in _STATISTICS.items()
    },
    **{
        name: Figure(
            name=name, label=label, measure=attribute, statistic=None, higher_is_better=True
        )
        for name, (label, attribute) in _RATES.items()
    },
}

RATES: Final = tuple(FIGURES[name] for name in _RATES)
"""Those of a whole run, which have no statistic."""

USUAL: Final = tuple(
    FIGURES[name]
    for name in (
        *("ttft.mean", "ttft.p50", "ttft.p99", "itl.mean", "itl.p99"),
        *("e2e.mean", "e2e.p50", "e2e.p99"),
        *("requests_per_s", "output_tokens_per_s", "goodput_per_s"),
    )
)
"""What is compared unless something else is asked for."""


def figure_named(name: str) -> Figure:
    """The figure of that name.

    Raises:
        UsageError: there is none.
    """
    found = FIGURES.get(name)
    if found is None:
        raise UsageError(
            f"{name!r} is no figure: write one of {', '.join(_MEASURES)} with a statistic, as in"
            f" ttft.p99 or e2e.mean, or one of {', '.join(_RATES)}"
        )
    return found
