"""The shape of a scenario in a file: what its JSON Schema is made from, and its reader."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from modelforge.core.token_counts import MOST_TOKENS


def _no_switch(value: Any) -> Any:
    """Refuse true and false where a number is meant; pydantic would read 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")  # noqa: TRY004 (pydantic's way)
    return value


_Number = BeforeValidator(_no_switch)
_Share = Annotated[float, _Number, Field(ge=0, le=1)]
_Count = Annotated[int, _Number, Field(ge=0, le=MOST_TOKENS)]
_Tokens = Annotated[_Count | str | dict[str, _Count], Field(union_mode="left_to_right")]


class MeasuredEntry(BaseModel):
    """Requests that were counted, in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(
        min_length=1,
        description="A comparison or a benchmark (its export or records), or a usage log (JSONL, "
        "CSV, OpenAI's usage export, LiteLLM's spend log); beside the scenario file, or absolute.",
    )
    model: str | None = Field(
        default=None, description="Only the requests to this model, as the file names it."
    )


class ScenarioEntry(BaseModel):
    """Traffic over some days."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="A scenario")

    name: str = Field(min_length=1, max_length=200, description="What it is called in reports.")
    requests_per_day: Annotated[float, _Number] | None = Field(
        default=None,
        gt=0,
        le=1e12,
        description="Requests on a day of the first month. A measured log with times has its own.",
    )
    prompt_tokens: _Tokens | None = Field(
        default=None,
        description="Tokens of a prompt, everything in it: a number; lognormal(MEAN,SD), "
        "normal(MEAN,SD), uniform(FROM,TO); or percentiles, {p50: 800, p95: 4000}.",
    )
    completion_tokens: _Tokens | None = Field(
        default=None, description="Tokens of an answer, its reasoning included; as prompt_tokens."
    )
    measured: MeasuredEntry | str | None = Field(
        default=None, description="A file of requests, instead of prompt and completion tokens."
    )
    days: Annotated[int, _Number] = Field(
        default=30, ge=1, le=3660, description="How long; a month is 30 days."
    )
    start: date | None = Field(default=None, description="The first day; by default today.")
    cache_hit_rate: _Share = Field(
        default=0, description="The share of prompt tokens read from the provider's cache."
    )
    cache_write_rate: _Share = Field(
        default=0, description="The share of prompt tokens written to it."
    )
    batch_share: _Share = Field(
        default=0, description="The share of requests that may wait for a batch interface."
    )
    growth_per_month: Annotated[float, _Number] = Field(
        default=0, ge=-1, le=10, description="0.1: each month has 10 % more than the one before."
    )
    retries: Annotated[float, _Number] = Field(
        default=0, ge=0, le=10, description="Requests sent and billed again: 0.02 are 2 in 100."
    )
    hours: list[Annotated[float, _Number, Field(ge=0)]] = Field(
        default=[],
        max_length=168,
        description="How requests spread: 24 weights of the hours of a day, or 168 of a week from "
        "Monday 00:00, in UTC.",
    )
    currency: Literal["USD"] = Field(default="USD", description="Prices are in US dollars.")


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file (2020-12): a list of scenarios."""
    entry = ScenarioEntry.model_json_schema()
    parts = entry.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ModelForge cost scenarios",
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/$defs/ScenarioEntry"},
        "$defs": {**parts, "ScenarioEntry": entry},
    }
