"""A recording's columns made figures, one column at a time."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelforge.benchmark.cost import run_cost
from modelforge.benchmark.distribution import Distribution
from modelforge.benchmark.evidence import WorkerEvidence, measured_window_ns, worker_evidence
from modelforge.benchmark.gap_slots import GapSlot, all_gaps
from modelforge.benchmark.growth import growth_of
from modelforge.benchmark.measures import Measures, known, met, whole_numbers
from modelforge.benchmark.misses import misses_of
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.record import Phase
from modelforge.benchmark.recording import Recording, keep
from modelforge.benchmark.result import BenchmarkResult, ClientUse, ItlDefinitions, TokenTotals
from modelforge.benchmark.run_statistics import WATCHED, in_order, run_statistics
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.steady_notes import steady_notes
from modelforge.benchmark.telemetry import Telemetry
from modelforge.benchmark.verdict import Ceiling, Evidence, Limits, judge
from modelforge.core.errors import Interrupted
from modelforge.pricing.tariff import NoTariff, Terms
from modelforge.stats.histogram import LogHistogram
from modelforge.stats.warm_up import warm_up

_NS_PER_MS = 1e6
_NS_PER_S = 1e9
_NO_PRICES = NoTariff(reason="no price is known for this model")


def summarise_recording(recording: Recording, **options: Any) -> BenchmarkResult:
    """`summarise` what `modelforge.benchmark.recording.read_recording` gave."""
    return summarise(
        recording.columns,
        recording.gaps,
        recording.telemetry,
        recording.plan,
        reasoning_gaps=recording.reasoning_gaps,
        loss=recording.loss,
        gap_slots=recording.gap_slots,
        let_go=recording.let_go,
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
    exclude_warm_up: bool = False,
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
        exclude_warm_up: count what is found to be a warm-up as one. Gaps are then left out by the
            slots of time that ended before its end.

    The measurement lasts as long as the workers say; where they do not, from when the first
    measured request was due to when the last was done.
    """
    phase = whole_numbers(columns["phase"])
    succeeded = _is_null(columns["error"])
    window = measured_window_ns(telemetry)
    excluded = 0
    if exclude_warm_up:
        cut_ns = _warm_up_end_ns(columns, phase, succeeded)
        early = (whole_numbers(columns["sent_ns"]) < cut_ns) & (phase != Phase.WARM_UP)
        if excluded := int(np.count_nonzero(early)):
            phase = np.where(early, Phase.WARM_UP, phase)
            window = None if window is None else (max(window[0], cut_ns), window[1])
            gap_slots = [s for s in gap_slots if s.end_ns is None or s.end_ns > cut_ns]
            gaps = all_gaps(gap_slots) if gap_slots else gaps
    # Whatever was asked in time counts, however late it was answered: to leave out what was under
    # way at the end would leave out the longest answers. Rates are of what was answered in time.
    broken_off = _is_error(columns["error"], Interrupted.kind)
    is_measured = (phase != Phase.WARM_UP) & ~broken_off
    measured = Measures(columns, is_measured, let_go)
    good = Measures(columns, is_measured & succeeded, let_go)
    in_time = Measures(columns, (phase == Phase.MEASURED) & succeeded, let_go)
    window = window or _window_ns(measured)
    duration_s = (window[1] - window[0]) / 1e9 if window and window[1] > window[0] else None
    tokens = _token_totals(good)
    good_requests = None if slo is None else int(np.count_nonzero(met(slo, good)))
    good_in_time = None if slo is None else int(np.count_nonzero(met(slo, in_time)))
    was_reached = succeeded | (whole_numbers(columns["status"]) != 0)
    reached = Measures(columns, is_measured & was_reached, let_go)
    schedule_lag = Distribution.of(reached.ms("schedule_lag"))
    workers = worker_evidence(telemetry, workers=plan.workers)
    cost = run_cost(Measures(columns, succeeded, let_go), prices)
    missing = sum(worker.in_flight for worker in workers if not worker.said_goodbye)
    event_count = int(in_time.column("counted_tokens").sum(dtype=np.int64))
    itl = Distribution.of_histogram(gaps, unit=_NS_PER_MS)
    growth = (
        growth_of(good.column("due_ns") / _NS_PER_S, good.ms("ttft_from_due"))
        if plan.open_loop
        else None
    )
    evidence = Evidence(
        open_loop=plan.open_loop,
        successful=good.count,
        failed=measured.count - good.count,
        duration_s=duration_s,
        schedule_lag_p99_ms=schedule_lag.p99,
        requests_per_s=_rate(in_time.count, duration_s),
        events_per_s=_rate(event_count, duration_s),
        workers=workers,
        missing=missing,
        loss=loss,
        pauses=max((said.parent_pauses for said in telemetry), default=0),
        served_here=bool(plan.asked.get("served_here")),
        growth=growth,
    )
    statistics = run_statistics(
        good,
        measured,
        in_time,
        window_ns=window,
        itl=itl,
        slots=gap_slots,
        slo=slo,
        level=level,
    )
    if statistics is not None:
        statistics = replace(statistics, warm_up_excluded=excluded)
    verdict = judge(evidence, limits=limits, ceiling=ceiling)
    return BenchmarkResult(
        plan=plan,
        verdict=replace(verdict, notes=(*verdict.notes, *steady_notes(statistics))),
        total_requests=measured.count,
        successful_requests=good.count,
        failed_requests=measured.count - good.count,
        warmup_requests=int(np.count_nonzero(phase == Phase.WARM_UP)),
        cooldown_requests=int(np.count_nonzero((phase == Phase.COOL_DOWN) & ~broken_off)),
        broken_off_requests=int(np.count_nonzero(broken_off)),
        total_duration=duration_s or 0.0,
        requests_per_s=evidence.requests_per_s,
        tokens_per_second=(
            None if tokens.completion is None else _rate(_output_tokens(in_time), duration_s)
        ),
        goodput_per_s=None if good_in_time is None else _rate(good_in_time, duration_s),
        good_requests=good_requests,
        slo=slo,
        ttft_ms=_distribution(good, "ttft"),
        itl_ms=itl,
        tpot_ms=_distribution(good, "tpot"),
        e2e_ms=_distribution(good, "e2e"),
        e2e_from_due_ms=_distribution(good, "e2e_from_due"),
        ttft_from_due_ms=_distribution(good, "ttft_from_due"),
        schedule_lag_ms=schedule_lag,
        stream_output_tokens_per_s=Distribution.of(known(good.stream_speed())),
        itl_definitions=_itl_definitions(good, itl, reasoning_gaps),
        errors=_errors(columns["error"], is_measured),
        tokens=tokens,
        total_cost=cost.usd,
        unpriced=cost.unpriced,
        cost_note=cost.note,
        client=_client(workers, plan),
        missing_requests=missing,
        loss=loss,
        server=server,
        growth=growth,
        misses=None if slo is None else misses_of(slo, measured, succeeded[is_measured]),
        statistics=statistics,
        latencies=_latencies_s(good),  # kept, hence after what needs room for a while
    )


def _latencies_s(requests: Measures) -> array[float]:
    seconds = requests.ms("e2e")
    seconds /= 1000
    values = array("d")
    values.frombytes(seconds.view(np.uint8).data)
    return values


def _distribution(requests: Measures, name: str) -> Distribution:
    return Distribution.of(known(requests.ms(name)))


def _is_error(column: pa.ChunkedArray[Any], kind: str) -> NDArray[np.bool_]:
    chunks = []
    for chunk in cast("list[pa.DictionaryArray[Any, Any]]", column.chunks):
        of_kind = [code for code, word in enumerate(chunk.dictionary.to_pylist()) if word == kind]
        codes = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        chunks.append(np.isin(codes, of_kind))
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.bool_)


def _is_null(column: pa.ChunkedArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(column.is_null().to_numpy())


def _rate(count: float, duration_s: float | None) -> float | None:
    return count / duration_s if duration_s else None


def _window_ns(measured: Measures) -> tuple[int, int] | None:
    if not measured.count:
        return None
    return int(measured.column("due_ns").min()), int(measured.column("done_ns").max())


def _warm_up_end_ns(
    columns: pa.Table, phase: NDArray[np.int64], succeeded: NDArray[np.bool_]
) -> int:
    """When the first request was sent that is of no measure's warm-up; 0 where there is none."""
    good = Measures(columns, (phase != Phase.WARM_UP) & succeeded)
    end_ns = 0
    for name in WATCHED:
        found = warm_up(values, level=0.01) if (values := in_order(good, name[:-3])).size else None
        if found is not None and found.present:
            sent = np.sort(good.column("sent_ns"))
            end_ns = max(end_ns, int(sent[min(found.values, sent.size - 1)]))
    return end_ns


def _output_tokens(requests: Measures) -> int:
    return int(requests.tokens().sum(dtype=np.int64))


def _token_totals(requests: Measures) -> TokenTotals:
    def reported(name: str) -> int | None:
        values = requests.column(name)
        said = values >= 0
        return int(np.sum(values, where=said, dtype=np.int64)) if said.any() else None

    from_server = int(np.count_nonzero(requests.column("completion_tokens") >= 0))
    return TokenTotals(
        prompt=reported("prompt_tokens"),
        completion=_output_tokens(requests) if requests.count else None,
        cached=reported("cached_tokens"),
        reasoning=reported("reasoning_tokens"),
        from_server=from_server,
        from_events=requests.count - from_server,
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
    each = requests.ms("tpot")
    gaps = requests.tokens()
    gaps -= 1
    several = ~np.isnan(each)
    if not several.all():
        each, gaps = each[several], gaps[several]
    return Distribution.of_weighted(each, gaps)


def _time_per_token(requests: Measures) -> Distribution:
    each = requests.between_ms("sent_ns", "last_ns")
    tokens = requests.tokens()
    each[tokens <= 0] = np.nan
    np.divide(each, tokens, out=each, where=tokens > 0)
    return Distribution.of(known(each))


def _errors(column: pa.ChunkedArray[Any], rows: NDArray[np.bool_]) -> dict[str, int]:
    """Failures of ``rows`` by kind, the most frequent first. Each batch has words of its own."""
    found: Counter[str] = Counter()
    start = 0
    for chunk in column.chunks:
        end = start + len(chunk)
        if chunk.null_count < len(chunk):
            chosen = chunk.filter(pa.array(rows[start:end]))
            found.update(str(kind) for kind in chosen.to_pylist() if kind is not None)
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
