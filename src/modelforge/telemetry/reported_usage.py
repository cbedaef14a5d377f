"""Token counts, wherever a LangChain model puts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langchain_core.outputs import LLMResult

from modelforge.core.usage import Usage


def reported_usage(result: LLMResult) -> Usage:
    """The usage of one call's result; counts that are nowhere in it are None.

    Read from the messages' ``usage_metadata``, from ``llm_output["token_usage"]`` or
    ``["usage"]``, or from the messages' ``response_metadata``, in that order.
    """
    for table in _tables(result):
        usage = _usage(table)
        if usage.prompt_tokens is not None or usage.completion_tokens is not None:
            return usage
    return Usage()


def _tables(result: LLMResult) -> Iterator[Mapping[str, Any]]:
    messages = [
        message
        for generations in result.generations
        for generation in generations
        if (message := getattr(generation, "message", None)) is not None
    ]
    found: list[Any] = [getattr(message, "usage_metadata", None) for message in messages]
    for metadata in (result.llm_output, *(message.response_metadata for message in messages)):
        found += [(metadata or {}).get("token_usage"), (metadata or {}).get("usage")]
    for table in found:
        if isinstance(table, Mapping):
            yield table


def _usage(table: Mapping[str, Any]) -> Usage:
    read = _table(table, "input_token_details", "prompt_tokens_details")
    written = _table(table, "output_token_details", "completion_tokens_details")
    return Usage(
        prompt_tokens=_count(table, "input_tokens", "prompt_tokens"),
        completion_tokens=_count(table, "output_tokens", "completion_tokens"),
        cached_tokens=_count(read, "cache_read", "cached_tokens"),
        cache_write_tokens=_count(read, "cache_creation"),
        input_audio_tokens=_count(read, "audio", "audio_tokens"),
        output_audio_tokens=_count(written, "audio", "audio_tokens"),
        reasoning_tokens=_count(written, "reasoning", "reasoning_tokens"),
    )


def _table(table: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    found = (table.get(name) for name in names)
    return next((value for value in found if isinstance(value, Mapping)), {})


def _count(table: Mapping[str, Any], *names: str) -> int | None:
    found = (table.get(name) for name in names)
    counts = (value for value in found if isinstance(value, int) and not isinstance(value, bool))
    return next((value for value in counts if value >= 0), None)
