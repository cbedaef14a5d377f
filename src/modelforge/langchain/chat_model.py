"""A ModelForge model as a LangChain chat model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, closing
from typing import Any, Literal, NoReturn

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SkipValidation

from modelforge.core.events import Arrival
from modelforge.core.generation import Generation
from modelforge.langchain.answer import Chunks, Whole
from modelforge.langchain.asking import ask
from modelforge.langchain.background import background
from modelforge.langchain.call import Call, generation_of, texts, tool_choice_of
from modelforge.langchain.messages import prompt_of
from modelforge.langchain.source import ModelSource, PerLoop
from modelforge.langchain.structured import json_chain


class ForgeChatModel(BaseChatModel):
    """Asks a provider through ModelForge's own client.

    The asynchronous methods run on the caller's event loop, the synchronous ones on one background
    loop that all models share. Failures are raised as ``modelforge.core.errors.RequestError``s.
    ``invoke`` asks for the answer in one piece unless ``streaming`` is set.

    Attributes:
        provider: the provider's name.
        model: the provider's name for the model; a call may name another with ``model=``.
        source: where requests go; it holds the key, which is no part of this object's text.
        timeout: seconds for a whole answer, retries included; None: no limit.
        max_retries: how often a call that failed before its first token is repeated where the
            fault may pass (connection, 408, 409, 429, 5xx), never sooner than the server asked for
            and not at all where it asks for more than a minute. 0 by default: a
            measured model should not hide its failures.
        extra: settings of one server's own, sent as they are.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    provider: str
    model: str
    source: SkipValidation[ModelSource] = Field(exclude=True, repr=False)
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: list[str] | str | None = None
    streaming: bool = False
    timeout: float | None = Field(default=None, gt=0)
    max_retries: int = Field(default=0, ge=0)
    extra: dict[str, Any] = Field(default_factory=dict)

    _providers: PerLoop = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Prepare to connect; nothing is opened."""
        super().model_post_init(context)
        self._providers = PerLoop(self.source)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: its key would be written, and its connections would be lost."""
        raise TypeError(
            "a model from get_llm cannot be pickled: it holds connections and a key;"
            " call get_llm in the process that asks"
        )

    @property
    def _llm_type(self) -> str:
        return "modelforge"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        settings = ("max_tokens", "temperature", "top_p", "seed", "stop")
        given = {name: value for name in settings if (value := getattr(self, name)) is not None}
        named = {"provider": self.provider, "model": self.model}
        return named | given | ({"extra": self.extra} if self.extra else {})

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop or list(texts(self.stop)) or None, **kwargs)
        params["ls_provider"] = self.provider
        return params

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """This model, told of ``tools``.

        Args:
            tools: functions, pydantic classes, LangChain tools or their JSON descriptions.
            tool_choice: ``auto``, ``none``, ``any``, or the name of the tool to call.
            kwargs: further settings of each call (``parallel_tool_calls=False``).

        Raises:
            UsageError: ``tool_choice`` cannot be read.
        """
        described = [convert_to_openai_tool(tool) for tool in tools]
        if (choice := tool_choice_of(tool_choice)) is not None:
            kwargs["tool_choice"] = choice
        return self.bind(tools=described, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        method: Literal["json_schema", "function_calling", "json_mode"] = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """This model, with its answers read into ``schema``.

        Args:
            schema: a pydantic class, a TypedDict or a JSON Schema with a title.
            method: hold the answer to the schema (``json_schema``), have a tool of that shape
                called (``function_calling``), or ask an OpenAI-compatible server for any JSON
                (``json_mode``).
            include_raw: give ``raw``, ``parsed`` and ``parsing_error`` instead of raising.
            strict: False leaves the schema's objects open to other fields, which OpenAI refuses.
            kwargs: none are known.
        """
        if method == "function_calling":
            return super().with_structured_output(schema, include_raw=include_raw, **kwargs)
        if kwargs:
            raise ValueError(f"with_structured_output knows no {', '.join(sorted(kwargs))}")
        return json_chain(self, schema, method=method, include_raw=include_raw, strict=strict)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 (LangChain's signature)
        **kwargs: Any,
    ) -> ChatResult:
        call = self._call(messages, stop, kwargs, stream=False)
        return background.run(lambda: self._answer(call))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 (LangChain's signature)
        **kwargs: Any,
    ) -> ChatResult:
        return await self._answer(self._call(messages, stop, kwargs, stream=False))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 (LangChain's signature)
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs, stream=True)
        chunks = Chunks(model=call.model, redact=self.source.redact)
        with closing(background.iterate(lambda: self._asked(call))) as arrivals:
            for arrival in arrivals:
                yield from chunks.of(arrival)
        yield chunks.last()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 (LangChain's signature)
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs, stream=True)
        chunks = Chunks(model=call.model, redact=self.source.redact)
        async with aclosing(await self._asked(call)) as arrivals:
            async for arrival in arrivals:
                for chunk in chunks.of(arrival):
                    yield chunk
        yield chunks.last()

    async def _answer(self, call: Call) -> ChatResult:
        whole = Whole(model=call.model, redact=self.source.redact)
        async with aclosing(await self._asked(call)) as arrivals:
            async for arrival in arrivals:
                whole.add(arrival)
        return ChatResult(generations=[ChatGeneration(message=whole.message())])

    async def _asked(self, call: Call) -> AsyncGenerator[Arrival]:
        provider = await self._providers.get()
        return ask(provider.model(call.model), call, retries=self.max_retries)

    def _call(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        options: dict[str, Any],
        *,
        stream: bool,
    ) -> Call:
        defaults = Generation(
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=self.seed,
            stop=texts(self.stop),
            extra=self.extra,
        )
        return Call(
            model=options.get("model") or self.model,
            prompt=prompt_of(messages),
            generation=generation_of(defaults, stream=stream, stop=stop, options=options),
            timeout_s=options.get("timeout", self.timeout),
        )
