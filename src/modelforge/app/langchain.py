"""Registry models as LangChain models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from pydantic import ValidationError

from modelforge.config.schema import ProviderSettings
from modelforge.core.errors import UsageError
from modelforge.core.ports import ChatModel
from modelforge.langchain.call import GENERATION_FIELDS
from modelforge.langchain.chat_model import ForgeChatModel
from modelforge.langchain.source import OpenProvider
from modelforge.pricing.tariff import Terms
from modelforge.providers.connection import connect
from modelforge.providers.credentials import Redactor
from modelforge.providers.sessions import HttpSessions
from modelforge.telemetry.callback import price_calls

_OWN_FIELDS: Final = frozenset(
    {"streaming", "timeout", "max_retries", "cache", "tags", "metadata", "verbose", "rate_limiter"}
    | {"disable_streaming", "output_version", "name", "profile"}
    | {"max_tokens", "temperature", "top_p", "seed", "stop"}
)
_CONFIGURED: Final = frozenset({"api_key", "base_url", "default_headers", "model_provider"})

Finder = Callable[[str, HttpSessions], ChatModel]
"""A provider's model by name, over sessions of the running event loop."""


class ProviderSource:
    """Fills ``langchain.source.ModelSource`` for one provider of a registry."""

    def __init__(self, find: Finder, redact: Redactor) -> None:
        self._find = find
        self.redact = redact

    def open(self) -> OpenProvider:
        """Sessions of the running event loop, opened when they are used."""
        return _OpenSessions(self._find)


class _OpenSessions:
    def __init__(self, find: Finder) -> None:
        self._find = find
        self._sessions = HttpSessions()
        self._models: dict[str, ChatModel] = {}

    def model(self, name: str, /) -> ChatModel:
        if name not in self._models:
            self._models[name] = self._find(name, self._sessions)
        return self._models[name]

    async def aclose(self) -> None:
        await self._sessions.__aexit__(None, None, None)


def get_llm(
    provider: str,
    model: str,
    settings: ProviderSettings,
    find: Finder,
    prices: Callable[[str, str], Terms],
    *,
    callbacks: Sequence[BaseCallbackHandler],
    params: Mapping[str, Any],
) -> BaseChatModel:
    """The model over ``find``; a parameter that is none of LangChain's goes to the server.

    Raises:
        MissingKey, ConfigError: as ``connect`` does.
        UsageError: a parameter belongs into the configuration, is no setting for every call, or has
            an impossible value.
    """
    for name in sorted(_CONFIGURED & params.keys()):
        raise UsageError(
            f"{name} is no parameter of get_llm: configure [providers.{provider}]"
            " (base_url, api_key_env, headers)"
        )
    for name in sorted((GENERATION_FIELDS & params.keys()) - _OWN_FIELDS):
        raise UsageError(
            f"{name} is no parameter of get_llm: use streaming=, bind_tools or"
            " with_structured_output"
        )
    own = {name: value for name, value in params.items() if name in _OWN_FIELDS}
    extra = {name: value for name, value in params.items() if name not in _OWN_FIELDS}
    price_calls(callbacks, prices)
    source = ProviderSource(find, connect(provider, settings).redact)
    try:
        return ForgeChatModel(
            provider=provider,
            model=model,
            source=source,
            callbacks=list(callbacks),
            extra=extra,
            **own,
        )
    except ValidationError as error:
        raise UsageError(_first_fault(error)) from None


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False)[0]
    name = fault["loc"][0] if fault["loc"] else "a parameter"
    said = fault["msg"][:1].lower() + fault["msg"][1:]
    return f"get_llm: {name} cannot be {fault['input']!r}: {said}"
