"""Any LangChain chat model as a model that can be compared."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import Runnable
from pydantic import SecretStr

from modelforge.core.errors import RequestRefused
from modelforge.core.events import Arrival
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.ports import Clock
from modelforge.core.prompt import Prompt
from modelforge.langchain.foreign_errors import request_error
from modelforge.langchain.foreign_events import ForeignEvents
from modelforge.langchain.foreign_messages import messages_of


class ForeignChatModel:
    """Fills ``core.ports.ChatModel`` with a model of another LangChain integration.

    Times are those of the chunks as LangChain hands them over: the integration's own work is part
    of them.
    """

    def __init__(
        self,
        *,
        id: ModelId,  # noqa: A002 (the port's name for it)
        model: BaseChatModel,
        clock: Clock = time.monotonic,
    ) -> None:
        self._id = id
        self._model = model
        self._clock = clock
        values = (getattr(model, name, None) for name in type(model).model_fields)
        self._secrets = [
            secret
            for value in values
            if isinstance(value, SecretStr) and (secret := value.get_secret_value())
        ]

    @property
    def id(self) -> ModelId:
        """Its name."""
        return self._id

    async def prepare(self) -> None:
        """Nothing: integrations connect when they are asked."""

    def redact(self, text: str, /) -> str:
        """``text`` without the secrets that the integration keeps as such."""
        for secret in self._secrets:
            text = text.replace(secret, "[redacted]")
        return text

    async def stream(
        self,
        prompt: Prompt,
        generation: Generation,
        *,
        repeat: int = 0,  # noqa: ARG002 (not sent)
    ) -> AsyncGenerator[Arrival]:
        """Ask, and yield what arrives; see ``core.ports.ChatModel``."""
        reader = ForeignEvents()
        try:
            model = self._asked(generation)
            messages, settings = messages_of(prompt), _settings(generation)
            if not generation.stream:
                answer = await model.ainvoke(messages, **settings)
                yield Arrival(at_s=self._clock(), events=reader.of(answer))
                return
            chunks = cast(
                "AsyncGenerator[AIMessageChunk, None]", model.astream(messages, **settings)
            )
            async with aclosing(chunks):
                async for chunk in chunks:
                    at_s = self._clock()
                    if events := reader.of(chunk):
                        yield Arrival(at_s=at_s, events=events)
        except Exception as error:  # noqa: BLE001 (integrations share no tree of errors)
            translated = request_error(error, model=str(self._id))
            translated.args = (self.redact(str(translated)),)
            raise translated from None

    def _asked(self, generation: Generation) -> Runnable[LanguageModelInput, AIMessage]:
        if generation.json_schema is not None:
            raise RequestRefused(
                f"{self._id}: LangChain has no way to ask for a JSON schema and stream the answer;"
                " ask without json_schema"
            )
        if not generation.tools:
            return self._model
        tools = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                },
            }
            for tool in generation.tools
        ]
        choice = "any" if generation.tool_choice == "required" else generation.tool_choice
        return self._model.bind_tools(tools, tool_choice=choice)


def _settings(generation: Generation) -> dict[str, Any]:
    settings = {
        "max_tokens": generation.max_tokens,
        "temperature": generation.temperature,
        "top_p": generation.top_p,
        "seed": generation.seed,
        "stop": list(generation.stop) or None,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    return given | dict(generation.extra)
