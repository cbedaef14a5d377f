"""A recording's columns made figures, one column at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelforge.benchmark.chosen_rows import choose
from modelforge.benchmark.columns import NULL, words
from modelforge.benchmark.cost import run_cost
from modelforge.benchmark.distribution import Distribution
from modelforge.benchmark.evidence import WorkerEvidence, send_lag_p99_ms, worker_evidence
from modelforge.benchmark.gap_slots import GapSlot
from modelforge.benchmark.growth import growth_of_parts
from modelforge.benchmark.latencies import Latencies
from modelforge.benchmark.measures import (
    Measures,
    Rows,
    long_series,
    met,
)
from modelforge.benchmark.misses import misses_of
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.recording import Recording, keep
from modelforge.benchmark.result import BenchmarkResult, ClientUse, ItlDefinitions, TokenTotals
from modelforge.benchmark.run_statistics import run_statistics
from modelforge.benchmark.sent_order import SentOrder
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.steady_notes import steady_notes
from modelforge.benchmark.telemetry import Telemetry
from modelforge.benchmark.verdict import Ceiling, Evidence, judge
from modelforge.benchmark.verdict_limits import Limits
from modelforge.benchmark.window import measured_window
from modelforge.pricing.tariff import NoTariff, Terms
from modelforge.stats.histogram import LogHistogram
from modelforge.stats.long_series import LongSeries

_NS_PER_MS = 1e6
_NS_PER_S = 1e9
_MS_PER_S = 1e3
_NO_PRICES = NoTariff(reason="no price is known for this model")


def summarise_recording(recording: Recording, **options: Any) -> BenchmarkResult:
    """`summarise` what `modelforge.benchmark.recording.read_recording` gave, or
    `modelforge.benchmark.without_warm_up.without_warm_up` made of it.
    """
    return summarise(
        recording.columns,
        recording.gaps,
        recording.telemetry,
        recording.plan,
        reasoning_gaps=recording.reasoning_gaps,
        loss=recording.loss,
        gap_slots=recording.gap_slots,
        let_go=recording.let_go,
        began_ns=recording.began_ns,
        early=recording.early,
        **options,
    )


def summarise(
    columns: pa.Table,
    gaps: LogHistogram,
    telemetry: Sequence[Telemetry],
    plan: Plan,
    *,
    reasoning_gaps: LogHistogram | None = None,
    loss: str | None = None,
    slo: Slo | None = None,
    prices: Terms = _NO_PRICES,
    server: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    ceiling: Ceiling | None = None,
    gap_slots: Sequence[GapSlot] = (),
    let_go: Callable[[], None] = keep,
    level: float = 0.95,
    began_ns: int = 0,
    early: int = 0,
    with_misses: bool = False,
) -> BenchmarkResult:
    """The figures of a run, and what to think of them.

    Args:
        columns: a row a request, in `modelforge.benchmark.record.RECORD`.
        gaps: of the measured requests that succeeded, nanoseconds; ``reasoning_gaps`` its part.
        telemetry: every worker's, in order.
        loss: how the recording ended before its end.
        prices: of the model; what is unknown stays unknown.
        server: the server's own metrics, passed on.
        gap_slots: ``gaps`` by time, for the intervals of their quantiles.
        let_go: see `modelforge.benchmark.recording.Recording`.
        level: of the intervals.
        began_ns, early: see `modelforge.benchmark.recording.Recording`.
        with_misses: keep which requests missed ``slo``, 9 bytes each.

    The measurement lasts as long as the workers say (`modelforge.benchmark.window`); where they do
    not, from when the first measured request was due to when the last was done.
    """
    said = measured_window(telemetry, plan)
    chosen = choose(columns, let_go, ends_ns=said.end_ns if said is not None and said.cut else None)
    measured = Measures(columns, chosen.measured, let_go)
    good = Measures(columns, chosen.good, let_go)
    in_time = Measures(columns, chosen.in_time, let_go)
    within = None if said is None else (said.start_ns, said.end_ns)
    window = _window_ns(measured) if within is None else (max(within[0], began_ns), within[1])
    duration_s = (window[1] - window[0]) / 1e9 if window and window[1] > window[0] else None
    tokens = _token_totals(good)
    good_requests = None if slo is None else _met(slo, good)
    good_in_time = None if slo is None else _met(slo, in_time)
    reached = Measures(columns, chosen.reached, let_go)
    schedule_lag = Distribution.of(reached.values(lambda some: some.ms("schedule_lag")))
    send_lag_ms = send_lag_p99_ms(telemetry)
    workers = worker_evidence(telemetry, workers=plan.workers, window=within)
    cost = run_cost(Measures(columns, chosen.succeeded, let_go), prices, begun=chosen.begun)
    unsent = sum(said.unsent for said in telemetry)
    missing = sum(worker.in_flight for worker in workers if not worker.said_goodbye)
    event_count = sum(
        int(part.column("counted_tokens").sum(dtype=np.int64)) for part in in_time.parts()
    )
    itl = Distribution.of_histogram(gaps, unit=_NS_PER_MS)
    growth = (
        growth_of_parts(
            lambda: (
                (part.column("due_ns") / _NS_PER_S, part.ms("ttft_from_due"))
                for part in good.parts()
            )
        )
        if plan.open_loop
        else None
    )
    evidence = Evidence(
        open_loop=plan.open_loop,
        successful=good.count,
        failed=measured.count - good.count,
        broken_off=chosen.broken_off,
        unsent=unsent,
        duration_s=duration_s,
        schedule_lag_p99_ms=schedule_lag.p99 if send_lag_ms is None else send_lag_ms,
        requests_per_s=_rate(in_time.count, duration_s),
        events_per_s=_rate(event_count, duration_s),
        workers=workers,
        missing=missing,
        loss=loss,
        pauses=max((said.parent_pauses for said in telemetry), default=0),
        served_here=bool(plan.asked.get("served_here")),
        growth=growth,
    )
    order = SentOrder(good)
    statistics = run_statistics(
        good,
        measured,
        in_time,
        order=order,
        window_ns=window,
        itl=itl,
        slots=gap_slots,
        slo=slo,
        level=level,
    )
    if statistics is not None:
        statistics = replace(statistics, warm_up_excluded=early)
    verdict = judge(evidence, limits=limits, ceiling=ceiling)
    return BenchmarkResult(
        plan=plan,
        verdict=replace(verdict, notes=(*verdict.notes, *steady_notes(statistics))),
        total_requests=measured.count,
        successful_requests=good.count,
        failed_requests=measured.count - good.count,
        warmup_requests=chosen.warm_up,
        cooldown_requests=chosen.cool_down,
        broken_off_requests=chosen.broken_off,
        unsent_requests=unsent,
        total_duration=duration_s or 0.0,
        requests_per_s=evidence.requests_per_s,
        tokens_per_second=(
            None if tokens.completion is None else _rate(_output_tokens(in_time), duration_s)
        ),
        goodput_per_s=None if good_in_time is None else _rate(good_in_time, duration_s),
        good_requests=good_requests,
        slo=slo,
        ttft_ms=Distribution.of(order.measure("ttft")),
        itl_ms=itl,
        tpot_ms=Distribution.of(order.measure("tpot")),
        e2e_ms=Distribution.of(order.measure("e2e")),
        e2e_from_due_ms=Distribution.of(order.measure("e2e_from_due")),
        ttft_from_due_ms=Distribution.of(order.measure("ttft_from_due")),
        schedule_lag_ms=schedule_lag,
        stream_output_tokens_per_s=Distribution.of(order.measure("stream_speed")),
        itl_definitions=_itl_definitions(good, itl, reasoning_gaps),
        errors=_errors(columns["error"], chosen.measured),
        tokens=tokens,
        total_cost=cost.usd,
        unpriced=cost.unpriced,
        cost_note=cost.note,
        client=_client(workers, plan),
        missing_requests=missing,
        loss=loss,
        server=server,
        growth=growth,
        misses=misses_of(slo, measured) if with_misses and slo is not None else None,
        statistics=statistics,
        latencies=Latencies(part.ms("e2e") / _MS_PER_S for part in good.parts()),
    )


def _met(slo: Slo, requests: Measures) -> int:
    return sum(int(np.count_nonzero(met(slo, part))) for part in requests.parts())


def _rate(count: float, duration_s: float | None) -> float | None:
    return count / duration_s if duration_s else None


def _window_ns(measured: Measures) -> tuple[int, int] | None:
    spans = [
        (int(part.column("due_ns").min()), int(part.column("done_ns").max()))
        for part in measured.parts()
        if part.count
    ]
    return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None


def _output_tokens(requests: Measures) -> int:
    return sum(int(part.tokens().sum(dtype=np.int64)) for part in requests.parts())


def _token_totals(requests: Measures) -> TokenTotals:
    names = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")
    sums, said = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    below = 0
    for part in requests.parts():
        completion = part.column("completion_tokens")
        below += int(
            np.count_nonzero((completion >= 0) & (completion < part.column("counted_tokens")))
        )
        for name in names:
            values = part.reasoning_tokens() if name == names[-1] else part.column(name)
            known = values >= 0
            said[name] += int(np.count_nonzero(known))
            sums[name] += int(np.sum(values, where=known, dtype=np.int64))

    def reported(name: str) -> int | None:
        return sums[name] if said[name] else None

    return TokenTotals(
        prompt=reported("prompt_tokens"),
        completion=_output_tokens(requests) if requests.count else None,
        cached=reported("cached_tokens"),
        reasoning=reported("reasoning_tokens"),
        from_server=said["completion_tokens"],
        from_events=requests.count - said["completion_tokens"],
        below_events=below,
    )


def _itl_definitions(
    requests: Measures, gaps: Distribution, reasoning_gaps: LogHistogram | None
) -> ItlDefinitions:
    return ItlDefinitions(
        event_gaps=gaps,
        vllm=gaps,
        guidellm=_mean_gaps(requests),
        guidellm_tpot=_time_per_token(requests),
        reasoning_gaps=(
            None
            if reasoning_gaps is None
            else Distribution.of_histogram(reasoning_gaps, unit=_NS_PER_MS)
        ),
    )


def _mean_gaps(requests: Measures) -> Distribution:
    def pairs() -> Iterator[tuple[NDArray[np.float64], NDArray[np.int32]]]:
        for part in requests.parts():
            each = part.ms("tpot")
            several = ~np.isnan(each)
            yield each[several], part.tokens()[several] - 1

    found = long_series(
        lambda: (each for each, _ in pairs()), weights=lambda: (gaps for _, gaps in pairs())
    )
    return Distribution.of_weighted(found) if isinstance(found, LongSeries) else Distribution()


def _time_per_token(requests: Measures) -> Distribution:
    def of(some: Measures) -> NDArray[np.float64]:
        each = some.between_ms("sent_ns", "last_ns")
        tokens = some.tokens()
        each[tokens <= 0] = np.nan
        np.divide(each, tokens, out=each, where=tokens > 0)
        return each

    return Distribution.of(requests.values(of))


def _errors(column: pa.ChunkedArray[Any], rows: Rows) -> dict[str, int]:
    """Failures of ``rows`` by kind, the most frequent first. Each batch has words of its own."""
    found: Counter[str] = Counter()
    start = 0
    for chunk in column.chunks:
        end = start + len(chunk)
        if chunk.null_count < len(chunk):
            codes, kinds = words(chunk)
            codes = codes[rows.between(start, end)]
            counts = np.bincount(codes[codes != NULL], minlength=len(kinds)).tolist()
            found.update({kind: n for kind, n in zip(kinds, counts, strict=True) if n})
        start = end
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _client(workers: Sequence[WorkerEvidence], plan: Plan) -> ClientUse:
    def worst(name: str) -> float | None:
        values = [getattr(worker, name) for worker in workers]
        return max((value for value in values if value is not None), default=None)

    return ClientUse(
        cpu_s=sum(worker.cpu_s for worker in workers),
        peak_rss_bytes=sum(worker.peak_rss_bytes for worker in workers),
        workers=plan.workers,
        cpu_share=worst("cpu_share"),
        run_delay_share=worst("run_delay_share"),
        loop_lag_p99_ms=worst("lag_p99_ms"),
        loop_lag_max_ms=worst("lag_max_ms"),
    )
