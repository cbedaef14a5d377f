"""LangChain's own standard tests for chat models, against a server on this machine."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from modelforge.app.registry import ModelForgeRegistry
from modelforge.config.load import load_configuration
from modelforge.langchain.chat_model import ForgeChatModel
from modelforge.langchain.source import ModelSource
from tests.support.langchain_server import SensibleServer

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg"
    "gg=="
)
Detail = Literal[
    "audio_input", "audio_output", "reasoning_output", "cache_read_input", "cache_creation_input"
]


class _Settings:
    """What is true of a ModelForge model over the OpenAI protocol."""

    source: ModelSource

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _served(cls) -> Iterator[None]:
        with SensibleServer() as server:
            address = {"MODELFORGE_PROVIDERS__TARGET__BASE_URL": server.base_url}
            registry = ModelForgeRegistry(load_configuration(environ=address))
            model = registry.get_llm("target", "sensible")
            assert isinstance(model, ForgeChatModel)
            cls.source = model.source
            yield

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ForgeChatModel

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"provider": "target", "model": "sensible", "source": self.source}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "another"


class TestUnit(_Settings, ChatModelUnitTests):
    """Construction, tools and structured output, without a request."""

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        """All of them but ``api_key``: a key is named in the configuration, never a parameter."""
        params = super().standard_chat_model_params
        del params["api_key"]
        return params


class TestIntegration(_Settings, ChatModelIntegrationTests):
    """Whole conversations."""

    @pytest.fixture(autouse=True)
    def _no_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The suite's picture, without the internet."""
        monkeypatch.setattr("httpx.get", lambda *_, **__: SimpleNamespace(content=PNG))

    @property
    def supported_usage_metadata_details(
        self,
    ) -> dict[Literal["invoke", "stream"], list[Detail]]:
        details: list[Detail] = ["cache_read_input", "reasoning_output"]
        return {"invoke": details, "stream": details}

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        model = ForgeChatModel(**self.chat_model_params)
        if not stream:
            return model.invoke("Hello")
        whole: AIMessageChunk | None = None
        for chunk in model.stream("Hello"):
            whole = chunk if whole is None else whole + chunk
        assert whole is not None
        return whole

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        return self.invoke_with_cache_read_input(stream=stream)
