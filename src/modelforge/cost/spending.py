"""What runs spent, against a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from modelforge.core.errors import ScenarioError


@dataclass(frozen=True, kw_only=True, slots=True)
class SpentRun:
    """What one stored run spent.

    Attributes:
        usd: US dollars, exact; None: nothing in it has a price.
        requests: how many there were, ``unpriced`` of them without a cost.
        note: what must be known of it.
    """

    source: str
    usd: Decimal | None
    requests: int
    unpriced: int = 0
    note: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetReport:
    """Spending and the thresholds that it reached.

    Attributes:
        spent_usd: of all runs; ``unpriced`` requests are not in it, so it may be less than the
            bill.
        reached: the thresholds that spending reached, shares of the limit, ascending.
    """

    limit_usd: Decimal
    runs: tuple[SpentRun, ...]
    thresholds: tuple[float, ...]

    @property
    def spent_usd(self) -> Decimal:
        """What is known to be spent."""
        return sum((run.usd for run in self.runs if run.usd is not None), Decimal(0))

    @property
    def unpriced(self) -> int:
        """The requests whose cost is not known."""
        return sum(run.unpriced for run in self.runs)

    @property
    def share(self) -> float:
        """Of the limit, what is spent."""
        return float(self.spent_usd / self.limit_usd)

    @property
    def reached(self) -> tuple[float, ...]:
        """The thresholds at or below what is spent."""
        return tuple(one for one in self.thresholds if self.spent_usd >= _part(self.limit_usd, one))


def budget(
    runs: Sequence[SpentRun], *, limit_usd: Decimal, thresholds: Sequence[float]
) -> BudgetReport:
    """Hold ``runs`` against a limit.

    Raises:
        ScenarioError: a threshold is not above 0, or there is none.
    """
    if not thresholds or any(not 0 < one <= 100 for one in thresholds):  # noqa: PLR2004 (per cent)
        raise ScenarioError("thresholds are shares of the limit, above 0: 50%, 80%, 100%")
    return BudgetReport(
        limit_usd=limit_usd, runs=tuple(runs), thresholds=tuple(sorted(set(thresholds)))
    )


def _part(limit_usd: Decimal, share: float) -> Decimal:
    return limit_usd * Decimal(repr(share))
