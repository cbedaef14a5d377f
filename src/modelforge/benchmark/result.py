"""What a run came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from modelforge.benchmark.client_use import ClientUse
from modelforge.benchmark.distribution import Distribution
from modelforge.benchmark.growth import Growth
from modelforge.benchmark.latencies import Latencies
from modelforge.benchmark.misses import Misses
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.run_statistics import RunStatistics
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.verdict import Verdict
from modelforge.stats.quantiles import quantile


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenTotals:
    """Over the measured requests that succeeded; None: the server never said.

    ``completion`` is by the server's usage for ``from_server`` of them and counted for
    ``from_events``: a token for each event, which is too few where a server puts several in one.
    ``below_events`` are those whose usage has fewer tokens than events with a token came.
    """

    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None
    reasoning: int | None = None
    from_server: int = 0
    from_events: int = 0
    below_events: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ItlDefinitions:
    """Inter-token latency, milliseconds, as three tools define it.

    Attributes:
        event_gaps: every gap between two events with content or reasoning, all gaps of all
            requests alike: the ``itl_ms`` of the result.
        reasoning_gaps: those of them that end where reasoning came before all else; None: none.
        vllm: vLLM's ``bench serve`` also pools the gaps between events, so this is the same
            distribution where the server sends no empty event (it counts those too).
        guidellm: GuideLLM has one mean a request, first to last token over its tokens less one,
            weighted by them: its percentiles do not show a stall within a stream.
        guidellm_tpot: GuideLLM's time per output token: sent to last token over all tokens, the
            wait for the first included.
    """

    event_gaps: Distribution
    vllm: Distribution
    guidellm: Distribution
    guidellm_tpot: Distribution
    reasoning_gaps: Distribution | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkResult:
    """A run in figures. All of them are of the measured requests, unless said otherwise.

    Latencies are of the requests that succeeded, milliseconds where the name says so.

    Attributes:
        total_requests: measured, successful or failed.
        warmup_requests: sent before; in no other figure than the cost.
        cooldown_requests: those of ``total_requests`` that were done after the end: in the
            latencies, not in the rates.
        broken_off_requests: under way when the run was ended for them; in no other figure.
        unsent_requests: of an open loop, due before the end and not sent by then; in no other
            figure.
        total_duration: seconds of the measurement; 0 of nothing.
        latencies: seconds from sent to done, in the order of arrival.
        requests_per_s: successful requests a second; None of nothing, as all rates.
        tokens_per_second: their output tokens a second.
        goodput_per_s: those that met every limit of ``slo``, a second; None without one.
        schedule_lag_ms: from due to sent, of every request that reached the server.
        stream_output_tokens_per_s: each request's tokens over the time from sent to its last token.
        errors: failures by kind.
        total_cost: US dollars of every answered request, warm-up and cool-down included, exact;
            None where not one could be priced. ``unpriced`` counts those that could not.
        cost_note: why there is no cost, or not the whole; None otherwise.
        missing_requests: under way at the last word of a worker that was lost.
        loss: how the recording ended before its end; None: it did not.
        server: figures of the server's own metrics; None: there were none.
        growth: of the wait from due to the first token, of an open loop; None: not to be told.
        misses: which requests missed ``slo``, in their order; None where not asked for.
        runs: the single runs of a repeated one; empty: it was not repeated.
        statistics: the intervals of the figures, and whether the run was steady; None of fewer
            than 20 answers.
    """

    plan: Plan
    verdict: Verdict
    total_requests: int
    successful_requests: int
    failed_requests: int
    warmup_requests: int
    cooldown_requests: int
    broken_off_requests: int
    unsent_requests: int
    total_duration: float
    latencies: Latencies = field(repr=False)
    requests_per_s: float | None
    tokens_per_second: float | None
    goodput_per_s: float | None
    good_requests: int | None
    slo: Slo | None
    ttft_ms: Distribution
    itl_ms: Distribution
    tpot_ms: Distribution
    e2e_ms: Distribution
    e2e_from_due_ms: Distribution
    ttft_from_due_ms: Distribution
    schedule_lag_ms: Distribution
    stream_output_tokens_per_s: Distribution
    itl_definitions: ItlDefinitions
    errors: Mapping[str, int]
    tokens: TokenTotals
    total_cost: Decimal | None
    unpriced: int
    cost_note: str | None
    client: ClientUse
    missing_requests: int = 0
    loss: str | None = None
    server: Mapping[str, Any] | None = None
    growth: Growth | None = None
    misses: Misses | None = field(default=None, repr=False)
    runs: tuple[BenchmarkResult, ...] = ()
    statistics: RunStatistics | None = None

    @property
    def success_rate(self) -> float | None:
        """Successful over all measured requests, 0 to 1; None of nothing."""
        if not self.total_requests:
            return None
        return self.successful_requests / self.total_requests

    def percentile(self, p: float) -> float | None:
        """The percentile ``p`` (0 to 100) of ``latencies``, seconds; None of nothing.

        Raises:
            ValueError: ``p`` is not within 0 and 100.
        """
        if not 0 <= p <= 100:  # noqa: PLR2004 (per cent)
            raise ValueError(f"a percentile is asked between 0 and 100, not at {p}")
        return quantile(self.latencies, p / 100)
