"""What arrives from a model, as LangChain's messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, InvalidToolCall
from langchain_core.messages import ToolCall as LangChainToolCall
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from modelforge.core.events import (
    Arrival,
    ChatEvent,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from modelforge.core.usage import Usage


def usage_metadata(usage: Usage) -> UsageMetadata | None:
    """Token counts as LangChain keeps them; None where the server did not give both."""
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    metadata = UsageMetadata(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
    )
    read = InputTokenDetails()
    if usage.cached_tokens is not None:
        read["cache_read"] = usage.cached_tokens
    if usage.cache_write_tokens is not None:
        read["cache_creation"] = usage.cache_write_tokens
    if read:
        metadata["input_token_details"] = read
    if usage.reasoning_tokens is not None:
        metadata["output_token_details"] = OutputTokenDetails(reasoning=usage.reasoning_tokens)
    return metadata


class Chunks:
    """Turns one answer's arrivals into chunks, one a delta.

    Usage and the reason of the end wait for the last chunk, since LangChain adds up what comes
    twice and a server may correct its count. A secret that a server repeats within one delta is
    removed; one that it spreads over several is only recognised in a whole answer.
    """

    def __init__(self, *, model: str, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._usage = Usage()
        self._metadata: dict[str, Any] = {"model_name": model}

    def of(self, arrival: Arrival) -> Iterator[ChatGenerationChunk]:
        """The chunks of what arrived."""
        for event in arrival.events:
            if (message := self._message(event)) is not None:
                yield ChatGenerationChunk(message=message)

    def last(self) -> ChatGenerationChunk:
        """The chunk that ends the answer."""
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=usage_metadata(self._usage),
                response_metadata=self._metadata,
                chunk_position="last",
            )
        )

    def _message(self, event: ChatEvent) -> AIMessageChunk | None:
        match event:
            case TextDelta():
                return AIMessageChunk(content=self._redact(event.text))
            case ReasoningDelta():
                said = {"reasoning_content": self._redact(event.text)}
                return AIMessageChunk(content="", additional_kwargs=said)
            case RefusalDelta():
                said = {"refusal": self._redact(event.text)}
                return AIMessageChunk(content="", additional_kwargs=said)
            case ToolCallDelta():
                part = tool_call_chunk(
                    name=event.name, args=event.arguments, id=event.id, index=event.index
                )
                return AIMessageChunk(content="", tool_call_chunks=[part])
            case UsageReport():
                self._usage = event.usage
            case Finish():
                self._metadata["finish_reason"] = event.reason
        return None


class Whole:
    """Gathers one answer's arrivals into one message."""

    def __init__(self, *, model: str, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._pieces: dict[type, list[str]] = {TextDelta: [], ReasoningDelta: [], RefusalDelta: []}
        self._calls: dict[int, tuple[list[str], list[str], list[str]]] = {}
        self._usage = Usage()
        self._metadata: dict[str, Any] = {"model_name": model}

    def add(self, arrival: Arrival) -> None:
        """Take in what arrived."""
        for event in arrival.events:
            match event:
                case ToolCallDelta():
                    ids, names, arguments = self._calls.setdefault(event.index, ([], [], []))
                    ids.append(event.id or "")
                    names.append(event.name or "")
                    arguments.append(event.arguments)
                case UsageReport():
                    self._usage = event.usage
                case Finish():
                    self._metadata["finish_reason"] = event.reason
                case _:
                    self._pieces[type(event)].append(event.text)

    def message(self) -> AIMessage:
        """The answer."""
        calls, broken = self._tool_calls()
        said = {
            "reasoning_content": self._text(ReasoningDelta),
            "refusal": self._text(RefusalDelta),
        }
        return AIMessage(
            content=self._text(TextDelta),
            additional_kwargs={name: text for name, text in said.items() if text},
            tool_calls=calls,
            invalid_tool_calls=broken,
            usage_metadata=usage_metadata(self._usage),
            response_metadata=self._metadata,
        )

    def _text(self, kind: type) -> str:
        return self._redact("".join(self._pieces[kind]))

    def _tool_calls(self) -> tuple[list[LangChainToolCall], list[InvalidToolCall]]:
        calls: list[LangChainToolCall] = []
        broken: list[InvalidToolCall] = []
        for index in sorted(self._calls):
            id_, name, written = ("".join(pieces) for pieces in self._calls[index])
            arguments = arguments_of(self._redact(written))
            if arguments is None:
                error = "the arguments are not a JSON object"
                broken.append(invalid_tool_call(name=name, args=written, id=id_, error=error))
            else:
                calls.append(tool_call(name=name, args=arguments, id=id_))
        return calls, broken


def arguments_of(written: str) -> dict[str, Any] | None:
    """A tool call's arguments; none written are no arguments, and None is not an object."""
    try:
        arguments = json.loads(written or "{}")
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None
