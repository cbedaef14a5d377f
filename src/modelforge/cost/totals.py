"""What a scenario costs with every model of a catalogue: the dollars, and whether they are all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from modelforge.core.model_id import ModelId
from modelforge.cost.bill_lines import PRICED, BillLines, Matrix, Verdict
from modelforge.cost.scenario import CostScenario
from modelforge.cost.traffic import Traffic


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Totals:
    """A scenario's bills, one a model in the order of ``ids``, by their sums alone.

    What is told of a bill that somebody looks at (its parts, its months, its interval) is worked
    out for those few: `modelforge.cost.projection.project`.

    Attributes:
        usd: over all days, US dollars, an expected value; NaN where a model is unpriced.
        verdicts: of every model that has no full price by the token, by its place.
    """

    ids: tuple[ModelId, ...]
    usd: Matrix
    verdicts: Mapping[int, Verdict]

    @classmethod
    def of(cls, scenario: CostScenario, lines: BillLines, traffic: Traffic) -> Totals:
        """The sums of ``scenario``'s bills, whose requests are ``traffic``."""
        units = lines.rates.units(traffic.mean_features(lines.rates.thresholds))
        usd = lines.sums(units.usd, lines.requests(np.array(scenario.months)))
        verdicts = lines.verdicts(units.missing, usd)
        for place, verdict in verdicts.items():
            if verdict.status == "unpriced":
                usd[place] = np.nan
        return cls(ids=tuple(model.id for model in lines.models), usd=usd, verdicts=verdicts)

    def verdict(self, place: int) -> Verdict:
        """Of the model at ``place``."""
        return self.verdicts.get(place, PRICED)

    def comparable(self) -> Iterator[int]:
        """The places of full prices by the token, the cheapest first: the only ones to compare."""
        for place in np.argsort(self.usd, kind="stable").tolist():
            if place not in self.verdicts:
                yield place

    def with_rows(self, other: Totals, places: Sequence[int]) -> Totals:
        """These, with those of ``other`` at ``places``."""
        usd, verdicts = self.usd.copy(), dict(self.verdicts)
        usd[np.array(places, dtype=np.intp)] = other.usd
        for theirs, place in enumerate(places):
            verdicts.pop(place, None)
            if theirs in other.verdicts:
                verdicts[place] = other.verdicts[theirs]
        return Totals(ids=self.ids, usd=usd, verdicts=verdicts)
