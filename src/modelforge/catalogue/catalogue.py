"""The catalogue: every provider and every model that is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from modelforge.catalogue.filters import Filters
from modelforge.catalogue.model import Model
from modelforge.catalogue.provider import Provider
from modelforge.catalogue.rows import Row, decode_model
from modelforge.core.model_id import ModelId

Rows = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Providers and their models on one day.

    Attributes:
        dated: the day the source was read.
        origin: ``embedded`` in the package, or ``refreshed`` by the user.
        providers: by id.
        read_models: reads every model's row, by provider; called once, when first needed.
    """

    dated: date
    origin: str
    providers: Mapping[str, Provider]
    read_models: Callable[[], Rows] = field(repr=False)

    def provider(self, id_: str) -> Provider | None:
        """The provider of that id, None when it is not known."""
        return self.providers.get(id_)

    def model(self, id_: ModelId) -> Model | None:
        """The model of that id, None when it is not known. Only its provider's are decoded."""
        row = self._own(id_.provider).get(id_.model)
        return None if row is None else decode_model(id_.provider, row)

    def names(self, provider: str) -> frozenset[str]:
        """The names of a provider's models; none when it is not known."""
        if provider not in self._names:
            self._names[provider] = frozenset(self._own(provider))
        return self._names[provider]

    def models(self, filters: Filters | None = None) -> list[Model]:
        """The models that pass ``filters``, by id; with a text to find, the best match first."""
        filters = filters or Filters()
        providers = self._rows if filters.provider is None else (filters.provider,)
        found = [
            model
            for provider in providers
            for row in self._rows.get(provider, ())
            if filters.accept(model := decode_model(provider, row))
        ]
        return sorted(found, key=filters.rank)

    def ids(self) -> list[ModelId]:
        """Every model's id, in order; nothing else of it is decoded."""
        names = sorted((provider, row[0]) for provider, rows in self._rows.items() for row in rows)
        return [ModelId(provider=provider, model=name) for provider, name in names]

    def age_days(self, today: date) -> int:
        """How many days old it is on the day ``today``."""
        return (today - self.dated).days

    @cached_property
    def _rows(self) -> Rows:
        return self.read_models()

    @cached_property
    def _by_name(self) -> dict[str, dict[str, Row]]:
        return {}

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        return {}

    def _own(self, provider: str) -> dict[str, Row]:
        """A provider's rows by the model's name, sorted when first asked for."""
        if provider not in self._by_name:
            self._by_name[provider] = {row[0]: row for row in self._rows.get(provider, ())}
        return self._by_name[provider]
