"""The shape of a benchmark's JSON export: what its JSON Schema is made from, and a reader of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_Count = Annotated[int, Field(ge=0)]
_Status = Literal["VALID", "SUSPECT", "INVALID"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DistributionPart(_Part):
    """Where the values lie; all but the count null when there is none."""

    count: _Count
    mean: float | None
    min: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p99_9: float | None
    max: float | None


class ReasonPart(_Part):
    """Why, with what was measured and the limit it passed or missed."""

    code: str
    status: _Status
    message: str
    measured: float | None
    limit: float | None


class VerdictPart(_Part):
    """Whether the figures are the server's."""

    status: _Status
    reasons: list[ReasonPart]
    notes: list[ReasonPart]


class RequestsPart(_Part):
    """How many; the cool-down is part of the total, the rest is not."""

    total: _Count
    successful: _Count
    failed: _Count
    warmup: _Count
    cooldown: _Count
    broken_off: _Count
    unsent: _Count = 0  # exports from before it was counted say nothing


class SloPart(_Part):
    """The limits by name, in milliseconds, and how many requests met them all."""

    limits_ms: dict[str, float]
    good_requests: _Count | None


class ItlPart(_Part):
    """Inter-token latency as three tools define it, milliseconds."""

    event_gaps: DistributionPart
    vllm: DistributionPart
    guidellm: DistributionPart
    guidellm_tpot: DistributionPart
    reasoning_gaps: DistributionPart | None


class TokensPart(_Part):
    """Sums over the successful requests; null where the server never said."""

    prompt: _Count | None
    completion: _Count | None
    cached: _Count | None
    reasoning: _Count | None
    counted_by_server: _Count
    counted_by_events: _Count


class ClientPart(_Part):
    """What measuring took."""

    cpu_s: float
    peak_rss_bytes: _Count
    workers: Annotated[int, Field(ge=1)]
    cpu_share: float | None
    run_delay_share: float | None
    loop_lag_p99_ms: float | None
    loop_lag_max_ms: float | None


class RecordingPart(_Part):
    """What of the run is missing."""

    complete: bool
    loss: str | None
    missing_requests: _Count


class EstimatePart(_Part):
    """A figure with its interval; an end that the sample does not give is null."""

    point: float
    low: float | None
    high: float | None
    standard_error: float | None
    n: _Count
    method: str


class AutocorrelationPart(_Part):
    """What neighbours have to do with each other; so many requests are worth an independent one."""

    first_lag: float
    p_value: float
    time_requests: float


class FiguresPart(_Part):
    """The statistics of one distribution by their names, in its unit."""

    estimates: dict[str, EstimatePart]
    autocorrelation: AutocorrelationPart | None


class WarmUpPart(_Part):
    """What MSER-5 says of the beginning; no requests where it is as the rest."""

    requests: _Count
    p_value: float
    mean_before_ms: float | None
    mean_after_ms: float
    settled: bool


class ChangePart(_Part):
    """Whether the values changed over the run."""

    kind: Literal["steady", "level shift", "drift"]
    p_value: float
    at_request: _Count | None
    median_before_ms: float | None
    median_after_ms: float | None


class OutliersPart(_Part):
    """How many lie beyond Tukey's fences, and beyond 3.5 scaled median deviations."""

    low_severe: _Count
    low_mild: _Count
    high_mild: _Count
    high_severe: _Count
    fences_ms: list[float]
    by_median_deviation: _Count | None


class SteadinessPart(_Part):
    """Whether a measure stayed what it was; nothing is left out for it."""

    warm_up: WarmUpPart
    change: ChangePart
    outliers: OutliersPart


class StatisticsPart(_Part):
    """The intervals of the figures, by the figures' names; ``runs`` of them lie between runs."""

    level: float
    runs: Annotated[int, Field(ge=1)]
    success_share: EstimatePart
    rates: dict[str, EstimatePart]
    measures: dict[str, FiguresPart]
    steadiness: dict[str, SteadinessPart]
    warm_up_excluded: _Count


class BenchmarkDocument(_Part):
    """A benchmark's result, version 1."""

    schema_: Annotated[Literal["modelforge.benchmark/1"], Field(alias="schema")]
    model: str
    verdict: VerdictPart
    requests: RequestsPart
    duration_s: float
    requests_per_s: float | None
    output_tokens_per_s: float | None
    goodput_per_s: float | None
    slo: SloPart | None
    ttft_ms: DistributionPart
    itl_ms: DistributionPart
    tpot_ms: DistributionPart
    e2e_ms: DistributionPart
    e2e_from_due_ms: DistributionPart
    ttft_from_due_ms: DistributionPart
    schedule_lag_ms: DistributionPart
    stream_output_tokens_per_s: DistributionPart
    itl_definitions: ItlPart
    statistics: StatisticsPart | None
    percentile_method: Literal["hyndman-fan-7"]
    errors: dict[str, Annotated[int, Field(ge=1)]]
    tokens: TokensPart
    cost_usd: Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")] | None
    cost_note: str | None
    unpriced: _Count
    client: ClientPart
    recording: RecordingPart
    server: dict[str, Any] | None
    plan: dict[str, Any]
    runs: list[BenchmarkDocument]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the export (2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ModelForge benchmark, version 1",
        **BenchmarkDocument.model_json_schema(by_alias=True),
    }
