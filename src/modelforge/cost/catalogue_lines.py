"""The lines of a whole catalogue's bills: nearly all are the same in every scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelforge.cost.bill_lines import BillLines
from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.scenario import CostScenario
from modelforge.cost.totals import Totals
from modelforge.cost.traffic import Traffic


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CatalogueLines:
    """How a catalogue bills some scenarios.

    Attributes:
        usual: of every model, at one price for all requests.
        apart: of the models at ``places``, whose price depends on hours, days or haste: these
            lines stand instead.
    """

    usual: BillLines
    apart: BillLines
    places: Sequence[int]

    @property
    def models(self) -> list[ModelTerms]:
        """The terms of each model."""
        found = list(self.usual.models)
        for place, model in zip(self.places, self.apart.models, strict=True):
            found[place] = model
        return found

    def totals(self, scenario: CostScenario, traffic: Traffic) -> Totals:
        """The sums of every bill."""
        found = Totals.of(scenario, self.usual, traffic)
        if not self.places:
            return found
        return found.with_rows(Totals.of(scenario, self.apart, traffic), self.places)
