"""One row of a usage log, whoever wrote it.

Read are our own exports, OpenAI's usage (its ``organization/usage/completions`` results and the
older dashboard export), LiteLLM's spend logs, Azure's published traces, and any log whose fields
have the usual names. What differs between them is what ``input`` means: OpenAI's, LiteLLM's and our
prompt tokens include what was cached; Anthropic's own ``input_tokens`` are what is left after
``cache_read_input_tokens`` and ``cache_creation_input_tokens``, which stand beside it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from modelforge.core.errors import ScenarioError
from modelforge.prompts.wording import kind_of, quoted

_PROMPT: Final = ("prompt_tokens", "n_context_tokens_total", "ContextTokens", "context_tokens")
_INPUT: Final = ("input_tokens",)
_COMPLETION: Final = (
    "completion_tokens",
    "output_tokens",
    "n_generated_tokens_total",
    "GeneratedTokens",
    "generated_tokens",
)
_CACHED: Final = ("cached_tokens", "input_cached_tokens", "n_cached_context_tokens_total")
_READ: Final = ("cache_read_input_tokens", "cache_read_tokens")
_WRITTEN: Final = ("cache_creation_input_tokens", "cache_write_tokens", "input_cache_write_tokens")
_REASONING: Final = ("reasoning_tokens",)
_REQUESTS: Final = ("num_model_requests", "n_requests", "requests")
_MODEL: Final = ("model_id", "model", "snapshot_id")
_TIME: Final = (
    *("timestamp", "TIMESTAMP", "time", "startTime", "start_time", "created_at", "created"),
    *("date", "aggregation_timestamp"),
)
COST_FIELDS: Final = ("cost_usd", "spend", "cost", "total_cost")
_MILLISECONDS_FROM: Final = 1e11  # seconds would be the year 5138
_MOST_TOKENS: Final = 1e15  # of a bucket


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageRow:
    """Token counts of ``requests`` requests together; None: not said.

    ``cached`` and ``written`` are part of ``prompt``, ``reasoning`` of ``completion``.
    ``at_s`` is seconds since 1970; ``cost_usd`` is text as it stands there.
    """

    prompt: float | None
    completion: float | None
    cached: float | None
    written: float | None
    reasoning: float | None
    requests: float
    model: str | None
    at_s: float | None
    cost_usd: str | None


def read_usage(row: Any, where: str) -> UsageRow | None:
    """What a row says; None where the request failed or was answered from a cache of ours.

    Raises:
        ScenarioError: it is no object, has no token fields at all, or a value is impossible.
    """
    if not isinstance(row, Mapping):
        raise ScenarioError(f"{where}: a request is an object, not {kind_of(row)}")
    if _unbilled(row):
        return None
    sources = (row, *_nested(row))
    if not any(name in source for source in sources for name in (*_PROMPT, *_INPUT)):
        raise ScenarioError(
            f"{where}: no field with the prompt tokens (prompt_tokens or input_tokens); there are"
            f" {', '.join(quoted(str(name)) for name in list(row)[:12])}"
        )
    details = [part for source in sources for part in _details(source)]
    everywhere = (*sources, *details)

    def count(names: tuple[str, ...]) -> float | None:
        return _count(everywhere, names, where)

    requests = count(_REQUESTS)
    prompt, cached, written = count(_PROMPT), count(_CACHED), count(_WRITTEN)
    read = count(_READ)
    if prompt is None:
        prompt = count(_INPUT)
        beside = read is not None or any("cache_creation_input_tokens" in s for s in sources)
        if prompt is not None and beside and cached is None:  # Anthropic's own counts
            prompt += (read or 0) + (written or 0)
    if cached is None:
        cached = read
    return UsageRow(
        prompt=prompt,
        completion=count(_COMPLETION),
        cached=cached,
        written=written,
        reasoning=count(_REASONING),
        requests=requests or 1.0,
        model=_text(row, _MODEL),
        at_s=_moment(row, where),
        cost_usd=_text(row, COST_FIELDS),
    )


def _unbilled(row: Mapping[str, Any]) -> bool:
    """Failures, and answers that no provider was asked for."""
    if row.get("error") or row.get("error_kind") or row.get("status") == "failure":
        return True
    return str(row.get("cached", "")).lower() == "true" or (
        "cache_key" in row and str(row.get("cache_hit", "")).lower() == "true"
    )


def _nested(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Objects in which a row keeps its counts: ``usage``, and what LiteLLM puts into metadata."""
    response = row.get("response")
    usages = (row.get("usage"), response.get("usage") if isinstance(response, Mapping) else None)
    metadata = row.get("metadata")
    if isinstance(metadata, str) and metadata.startswith("{"):
        try:
            metadata = json.loads(metadata)
        except (ValueError, RecursionError):
            metadata = None
    kept = metadata if isinstance(metadata, Mapping) else {}
    named = (kept.get("usage_object"), kept.get("additional_usage_values"))
    return [value for value in (*usages, *named) if isinstance(value, Mapping)]


def _details(source: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    names = (
        *("prompt_tokens_details", "input_tokens_details"),
        *("completion_tokens_details", "output_tokens_details"),
    )
    return [source[name] for name in names if isinstance(source.get(name), Mapping)]


def _count(
    sources: tuple[Mapping[str, Any], ...], names: tuple[str, ...], where: str
) -> float | None:
    for source in sources:
        for name in names:
            value = source.get(name)
            if value is None or value == "":
                continue
            return _whole(value, name, where)
    return None


def _whole(value: Any, name: str, where: str) -> float:
    number = value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            number = None
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise ScenarioError(f"{where}: {name} is {quoted(str(value))}, not a number of tokens")
    if number < 0 or number != int(number) or number > _MOST_TOKENS:
        raise ScenarioError(f"{where}: {name} is {value}: a count is whole, and 0 or more")
    return float(number)


def _text(row: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = row.get(name)
        if value not in (None, "") and isinstance(value, str | int | float):
            return str(value)
    return None


def _moment(row: Mapping[str, Any], where: str) -> float | None:
    for name in _TIME:
        value = row.get(name)
        if value in (None, ""):
            continue
        seconds = _seconds(value)
        if seconds is None:
            raise ScenarioError(
                f"{where}: {name} is {quoted(str(value))}, not a time: write"
                " 2026-11-02T09:30:00Z, or seconds since 1970"
            )
        return seconds
    return None


def _seconds(value: Any) -> float | None:
    """Seconds since 1970; a time without a zone is UTC."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            try:
                found = datetime.fromisoformat(
                    value.strip()[:26].rstrip("Z") if "." in value else value
                )
            except ValueError:
                return None
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value / 1000 if abs(value) >= _MILLISECONDS_FROM else float(value)
