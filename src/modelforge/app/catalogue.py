"""Questions about models: what the catalogue says, and what a provider says now."""

from __future__ import annotations

import difflib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.filters import Filters
from modelforge.catalogue.model import Model
from modelforge.catalogue.provider import Provider
from modelforge.config.builtin import ALIASES, OWN_PROVIDERS
from modelforge.config.load import Configuration
from modelforge.core.errors import MalformedResponse, UsageError
from modelforge.core.model_id import ModelId
from modelforge.core.ports import Clock
from modelforge.providers.connection import connect

LIVE_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveModel:
    """A model that its provider serves now; ``known`` is what the catalogue says of it."""

    id: ModelId
    known: Model | None


def catalogue_id(id_: ModelId) -> ModelId:
    """``id_`` under the name that the catalogue has for its provider."""
    return ModelId(provider=ALIASES.get(id_.provider, id_.provider), model=id_.model)


def find_provider(catalogue: Catalogue, name: str) -> Provider:
    """What the catalogue says of a provider.

    Raises:
        UsageError: it does not know it; with the names that come close.
    """
    if name in OWN_PROVIDERS:
        raise UsageError(f"{name} is served by this machine itself and is not in the catalogue")
    provider = catalogue.provider(ALIASES.get(name, name))
    if provider is None:
        close = difflib.get_close_matches(name, catalogue.providers, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise UsageError(
            f"{name!r} is not a provider of the catalogue of {catalogue.dated}{hint}; a server of "
            "your own says itself what it serves: modelforge models list --live --provider NAME"
        )
    return provider


def find_model(catalogue: Catalogue, id_: ModelId) -> Model:
    """What the catalogue says of a model.

    Raises:
        UsageError: it does not know it; with the names that come close.
    """
    find_provider(catalogue, id_.provider)
    model = catalogue.model(catalogue_id(id_))
    if model is None:
        raise UsageError(
            f"{id_} is not in the catalogue of {catalogue.dated}{_hint(catalogue, id_)}"
        )
    return model


async def live_models(
    configuration: Configuration, provider: str, *, clock: Clock = time.monotonic
) -> Sequence[LiveModel]:
    """Ask a provider for its own list.

    Raises:
        UsageError: the provider cannot be asked (unknown, no key, no address).
        RequestError: it did not answer, or with no list.
    """
    from modelforge.providers.probe import probe  # noqa: PLC0415 (aiohttp: with --live only)
    from modelforge.providers.sessions import HttpSessions  # noqa: PLC0415 (as above)

    settings = configuration.provider(provider)
    if settings.base_url is None:
        raise UsageError(f"{provider} has no server to ask: list its models without --live")
    async with HttpSessions() as sessions:
        found = await probe(
            sessions.to(settings.base_url),
            settings.base_url,
            connection=connect(provider, settings, configuration.environ),
            timeout_s=LIVE_TIMEOUT_S,
            clock=clock,
        )
    if found.error is not None:
        raise found.error
    if found.ids is None:
        raise MalformedResponse(f"{settings.base_url}/models is not a list of models")
    listed = ALIASES.get(provider, provider)
    known = {
        model.id.model: model for model in configuration.catalogue.models(Filters(provider=listed))
    }
    return [
        LiveModel(id=ModelId(provider=provider, model=name), known=known.get(name))
        for name in sorted(found.ids)
    ]


def _hint(catalogue: Catalogue, id_: ModelId) -> str:
    of_provider = catalogue.models(Filters(provider=catalogue_id(id_).provider))
    close = difflib.get_close_matches(id_.model, [model.id.model for model in of_provider], n=3)
    if not close:
        return f": modelforge models list --provider {id_.provider}"
    return f"; did you mean {' or '.join(f'{id_.provider}/{name}' for name in close)}?"
