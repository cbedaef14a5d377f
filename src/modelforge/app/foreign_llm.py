"""Providers whose protocol has no codec here, through LangChain's own integrations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel

from modelforge.core.errors import MissingExtra
from modelforge.pricing.tariff import Terms
from modelforge.telemetry.callback import price_calls


@dataclass(frozen=True, kw_only=True, slots=True)
class Integration:
    """LangChain's name for a provider, the package that speaks to it, and where its prices are.

    ``listed`` is the catalogue's name for the provider.
    """

    name: str
    package: str
    listed: str


_AWS: Final = "langchain-aws"
_VERTEX: Final = "langchain-google-vertexai"

INTEGRATIONS: Final[Mapping[str, Integration]] = {
    "azure_ai": Integration(name="azure_ai", package="langchain-azure-ai", listed="azure"),
    "bedrock": Integration(name="bedrock_converse", package=_AWS, listed="amazon-bedrock"),
    "bedrock_converse": Integration(name="bedrock_converse", package=_AWS, listed="amazon-bedrock"),
    "google-vertex": Integration(name="google_vertexai", package=_VERTEX, listed="google-vertex"),
    "google-vertex-anthropic": Integration(
        name="google_anthropic_vertex", package=_VERTEX, listed="google-vertex-anthropic"
    ),
    "google_vertexai": Integration(name="google_vertexai", package=_VERTEX, listed="google-vertex"),
    "ibm": Integration(name="ibm", package="langchain-ibm", listed="watsonx"),
}
"""Providers that sign requests or speak in ways of their own; the source is the list in
``langchain.chat_models.init_chat_model``'s documentation."""


def foreign_llm(
    provider: str,
    model: str,
    prices: Callable[[str, str], Terms],
    callbacks: Sequence[BaseCallbackHandler],
    params: Mapping[str, Any],
) -> BaseChatModel:
    """The integration's model; ``params`` are its own.

    ``prices`` are for those ``callbacks`` that measure cost and have none.

    Raises:
        MissingExtra: LangChain or the integration is not installed.
    """
    integration = INTEGRATIONS[provider]
    try:
        init_chat_model = import_module("langchain.chat_models").init_chat_model
        made: BaseChatModel = init_chat_model(
            model, model_provider=integration.name, callbacks=list(callbacks), **params
        )
    except ImportError as error:
        raise MissingExtra(
            f"{provider} is reached through LangChain's own integration, which is not installed:"
            f" pip install 'modelforge-testing[langchain]' {integration.package}"
        ) from error
    price_calls(callbacks, lambda _, name: prices(integration.listed, name))
    return made
