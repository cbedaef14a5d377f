"""What scenarios cost over many models, and which model answers them for least."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.model import Model
from modelforge.catalogue.price_book import PriceBook
from modelforge.core.errors import ScenarioError
from modelforge.core.model_id import ModelId
from modelforge.cost.bill_lines import BillLines
from modelforge.cost.catalogue_lines import CatalogueLines
from modelforge.cost.constraints import Constraints
from modelforge.cost.plan_terms import PlanTerms, Quotes
from modelforge.cost.projection import Projection, project
from modelforge.cost.rate_matrix import RateRows
from modelforge.cost.recommendation import Recommendation, recommend
from modelforge.cost.recommendation_record import recommendation_record
from modelforge.cost.savings import DEFAULT_PLAN, Saving, SavingPlan, SavingTerms, savings
from modelforge.cost.savings import smaller_model as find_smaller
from modelforge.cost.scenario import CostScenario
from modelforge.cost.sensitivity import Swing, sensitivity
from modelforge.cost.stored_totals import AnalysisStore, MemoryStore, StoredTotals, TermsDigests
from modelforge.cost.totals import Totals
from modelforge.cost.traffic import Traffic

_LINES_KEPT: Final = 16


class PriceSource(Protocol):
    """What a `CostAnalyzer` is made of: `modelforge.ModelsDev`."""

    @property
    def price_book(self) -> PriceBook:
        """Every price that is known."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Analysis:
    """Totals and where they came from.

    Attributes:
        cached: nothing was worked out: the scenario and every price are as they were.
        reused: how many models' rows were taken from before, because their prices are the same.
    """

    totals: Totals
    cached: bool
    reused: int


class ScenarioCosts(dict[str, float]):
    """US dollars by ``provider/model``: every model that has a full price by the token.

    Attributes:
        unpriced: why others have none; ``free`` are listed at zero, within limits that no list
            names; ``subscription`` are paid by a plan. None of these is in the dictionary, so that
            the least of its values is a price.
        cached: it was answered from an earlier analysis.
    """

    def __init__(self, analysis: Analysis) -> None:
        super().__init__()
        self.unpriced: dict[str, str] = {}
        self.free: list[str] = []
        self.subscription: list[str] = []
        self.cached = analysis.cached
        totals = analysis.totals
        for place, (id_, usd) in enumerate(zip(totals.ids, totals.usd.tolist(), strict=True)):
            name, verdict = str(id_), totals.verdict(place)
            if verdict.kind == "free":
                self.free.append(name)
            elif verdict.kind == "subscription":
                self.subscription.append(name)
            elif verdict.status == "priced":
                self[name] = usd
            else:
                self.unpriced[name] = "; ".join(verdict.reasons)


class CostAnalyzer:
    """Prices scenarios with the models of a catalogue.

    An analysis is kept by its scenario and the prices it was made with: asked again, it is there
    at once; after a change of prices, only the models whose own prices changed are priced again.

    Args:
        models_dev: where models and prices are from.
        quotes: gives prices instead of those of ``models_dev``, such as configured ones.
        store: where analyses are kept; by default as long as this analyzer lives.
        keep: False: keep none.
        version: a name of the prices; by default made of what they are, which takes a moment.
        today: the first day of scenarios that name none; by default the day it is.
        seed: of all that is drawn.
    """

    def __init__(
        self,
        models_dev: PriceSource | PriceBook,
        *,
        quotes: Quotes | None = None,
        store: AnalysisStore | None = None,
        keep: bool = True,
        version: str | None = None,
        today: date | None = None,
        seed: int = 0,
    ) -> None:
        self._book = models_dev if isinstance(models_dev, PriceBook) else models_dev.price_book
        self._store = (MemoryStore() if store is None else store) if keep else None
        self._version = version
        self._today = today or datetime.now(UTC).date()
        self._seed = seed
        self._digests = TermsDigests()
        self._rates = RateRows()
        self._usual: dict[str, BillLines] = {}
        self._lines: dict[tuple[object, ...], CatalogueLines] = {}
        self._terms = PlanTerms(quotes or self._book, today=self._today)

    @property
    def catalogue(self) -> Catalogue:
        """The models that are known."""
        return self._book.catalogue

    @property
    def age_days(self) -> int:
        """How old the catalogue is."""
        return self.catalogue.age_days(self._today)

    def analyze_scenario(
        self, scenario: CostScenario, providers: Sequence[str] | str | None = None
    ) -> ScenarioCosts:
        """US dollars by ``provider/model`` over the scenario's days.

        Args:
            providers: whose models; None: all of them.

        Raises:
            ScenarioError: a provider is not known.
        """
        return ScenarioCosts(self.analyse(scenario, self.ids(providers)))

    def recommend_model(
        self,
        scenarios: CostScenario | Iterable[CostScenario],
        constraints: Constraints | Mapping[str, Any] | None = None,
        *,
        runners_up: int = 5,
    ) -> dict[str, Any]:
        """The cheapest model over all ``scenarios`` that meets every constraint, and why.

        Args:
            constraints: by name, as in `Constraints`.
            runners_up: how many of the next best are told.

        Returns:
            JSON's types: ``recommended`` (None: no model), ``cost_usd``, ``reasons``,
            ``runners_up``, ``excluded`` by condition, ``free``, ``subscription``, ``unpriced``.

        Raises:
            ScenarioError: there is no scenario, or a constraint makes no sense.
        """
        asked = Constraints.of(constraints)
        found = self.recommendation(_several(scenarios), asked, told=runners_up + 1)
        return recommendation_record(found, asked, runners_up=runners_up)

    def recommendation(
        self, scenarios: Sequence[CostScenario], constraints: Constraints, *, told: int
    ) -> Recommendation:
        """The same as values, with the intervals of the first ``told`` candidates.

        Raises:
            ScenarioError: there is no scenario, or an unknown provider.
        """
        if not scenarios:
            raise ScenarioError("there is no scenario to recommend a model for")
        self.ids((*constraints.providers, *constraints.not_providers))  # all of them are known
        models = self.models()
        traffics = [Traffic.of(scenario, seed=self._seed) for scenario in scenarios]
        analyses = self.analyses(scenarios, [model.id for model in models], traffics=traffics)
        return recommend(
            scenarios,
            [analysis.totals for analysis in analyses],
            models,
            constraints,
            traffics=traffics,
            projection_of=self.projection,
            told=max(told, 2),  # the first is compared with the second
        )

    def projection(
        self, scenario: CostScenario, ids: Sequence[ModelId], *, traffic: Traffic | None = None
    ) -> Projection:
        """The bills of ``scenario`` with ``ids`` in full; of many, `analyses` tells the sums."""
        terms = self._terms.of(scenario, ids)
        return project(scenario, terms, seed=self._seed, traffic=traffic, known=self._rates)

    def analyse(self, scenario: CostScenario, ids: Sequence[ModelId]) -> Analysis:
        """What ``scenario`` costs with ``ids``, from an earlier analysis as far as it holds."""
        (found,) = self.analyses([scenario], ids)
        return found

    def analyses(
        self,
        scenarios: Sequence[CostScenario],
        ids: Sequence[ModelId],
        *,
        traffics: Sequence[Traffic] | None = None,
    ) -> Iterator[Analysis]:
        """`analyse`, of each of ``scenarios`` in turn; ``traffics`` are their requests."""
        scope = hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()[:16]
        for place, scenario in enumerate(scenarios):
            traffic = None if traffics is None else traffics[place]
            yield self._analysis(scenario, ids, scope, traffic)

    def _analysis(
        self, scenario: CostScenario, ids: Sequence[ModelId], scope: str, traffic: Traffic | None
    ) -> Analysis:
        traffic = traffic or Traffic.of(scenario, seed=self._seed)
        if self._store is None:
            totals = self._lines_of(scenario, ids, scope).totals(scenario, traffic)
            return Analysis(totals=totals, cached=False, reused=0)
        key = f"{scenario.digest}-{scope}-{self._seed}"
        kept = self._store.get(key)
        stored = None if kept is None else StoredTotals.decode(kept, ids)
        version = None if self._version is None else f"{self._version} {self._today}"
        if stored is not None and version is not None and stored.version == version:
            return Analysis(totals=stored.totals, cached=True, reused=len(ids))
        lines = self._lines_of(scenario, ids, scope)
        models = lines.models
        digests = tuple(map(self._digests.of, models))
        version = version or hashlib.sha256("".join(digests).encode()).hexdigest()
        if stored is not None and stored.version == version:
            return Analysis(totals=stored.totals, cached=True, reused=len(ids))
        if stored is None:
            changed = list(range(len(ids)))
            totals = lines.totals(scenario, traffic)
        else:
            pairs = zip(digests, stored.digests, strict=True)
            changed = [place for place, (now, before) in enumerate(pairs) if now != before]
            totals = stored.totals
        if stored is not None and changed:
            renewed = BillLines.of([models[place] for place in changed], self._rates)
            totals = totals.with_rows(Totals.of(scenario, renewed, traffic), changed)
        self._store.put(key, StoredTotals(version=version, digests=digests, totals=totals).encode())
        return Analysis(totals=totals, cached=not changed, reused=len(ids) - len(changed))

    def _lines_of(
        self, scenario: CostScenario, ids: Sequence[ModelId], scope: str
    ) -> CatalogueLines:
        """How ``ids`` bill ``scenario``, made once for all scenarios that they bill alike."""
        usual = self._usual.get(scope)
        if usual is None:
            usual = BillLines.of([self._terms.usual(id_) for id_ in ids], self._rates)
            self._usual[scope] = usual
        key = (scope, *self._terms.decided_by(scenario))
        found = self._lines.get(key)
        if found is None:
            if len(self._lines) == _LINES_KEPT:
                self._lines.pop(next(iter(self._lines)))
            places = self._terms.apart(scenario, ids)
            terms = self._terms.of(scenario, [ids[place] for place in places])
            apart = BillLines.of(terms, self._rates)
            found = CatalogueLines(usual=usual, apart=apart, places=places)
            self._lines[key] = found
        return found

    def savings(
        self,
        scenario: CostScenario,
        model: ModelId,
        *,
        plan: SavingPlan = DEFAULT_PLAN,
        smaller: ModelId | None = None,
    ) -> tuple[Saving, ...]:
        """What could be saved with ``model``; nothing where it has no full price.

        Args:
            smaller: for a part of the requests; by default the provider's cheapest that can do
                what ``model`` can.
        """
        if smaller is None:
            own = [known for known in self.models() if known.id.provider == model.provider]
            totals = self.analyse(scenario, [known.id for known in own]).totals
            smaller = find_smaller(model, totals, able=_able(model, own))
        terms = SavingTerms(
            model=self._terms.one(scenario, model),
            batch=self._terms.batch(scenario, model),
            smaller="no cheaper model of this provider can do the same"
            if smaller is None
            else self._terms.one(scenario, smaller),
        )
        return savings(scenario, terms, plan=plan, seed=self._seed)

    def sensitivity(self, scenario: CostScenario, model: ModelId) -> tuple[Swing, ...]:
        """Which input moves the bill with ``model`` most."""
        return sensitivity(scenario, self._terms.one(scenario, model), seed=self._seed)

    def models(self) -> list[Model]:
        """Every model that is known, by id."""
        return self.catalogue.models()

    def ids(self, providers: Sequence[str] | str | None = None) -> list[ModelId]:
        """The models of ``providers``, by id.

        Raises:
            ScenarioError: one is not known.
        """
        wanted = (providers,) if isinstance(providers, str) else tuple(providers or ())
        for name in wanted:
            if self.catalogue.provider(name) is None:
                raise ScenarioError(_unknown_provider(name, self.catalogue))
        known = self.catalogue.ids()
        return [id_ for id_ in known if not wanted or id_.provider in wanted]


def _several(scenarios: CostScenario | Iterable[CostScenario]) -> list[CostScenario]:
    return [scenarios] if isinstance(scenarios, CostScenario) else list(scenarios)


def _able(model: ModelId, own: Sequence[Model]) -> frozenset[ModelId]:
    """Those that take and give what ``model`` does, with tools where it has them."""
    now = next((known for known in own if known.id == model), None)
    if now is None:
        return frozenset()
    return frozenset(
        known.id
        for known in own
        if set(now.takes) & {"text", "image"} <= set(known.takes)
        and set(now.gives) <= set(known.gives)
        and (known.tool_call is True or now.tool_call is not True)
        and known.status != "deprecated"
    )


def _unknown_provider(name: str, catalogue: Catalogue) -> str:
    import difflib  # noqa: PLC0415 (only to name what was meant)

    close = difflib.get_close_matches(name, catalogue.providers, n=3)
    hint = f"; did you mean {' or '.join(close)}?" if close else ": modelforge models --providers"
    return f"{name!r} is not a provider of the catalogue of {catalogue.dated}{hint}"
