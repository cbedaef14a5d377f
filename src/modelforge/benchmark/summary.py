"""A recording made figures, one column at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modelforge.benchmark.chosen_rows import ChosenRows, choose
from modelforge.benchmark.client_use import ClientUse
from modelforge.benchmark.cost import run_cost
from modelforge.benchmark.distribution import Distribution
from modelforge.benchmark.evidence import WorkerEvidence, send_lag_p99_ms, worker_evidence
from modelforge.benchmark.growth import Growth, growth_of
from modelforge.benchmark.judge import Evidence, judge
from modelforge.benchmark.latencies import Latencies
from modelforge.benchmark.measures import Measures, long_series, met
from modelforge.benchmark.misses import misses_of
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.result import BenchmarkResult, ItlDefinitions, TokenTotals
from modelforge.benchmark.run_statistics import run_statistics
from modelforge.benchmark.sent_order import SentOrder
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.steady_notes import steady_notes
from modelforge.benchmark.verdict import Ceiling
from modelforge.benchmark.window import Window, measured_window
from modelforge.pricing.tariff import NoTariff, Terms
from modelforge.stats.histogram import LogHistogram
from modelforge.stats.long_series import LongSeries

_NS_PER_MS = 1e6
_NS_PER_S = 1e9
_MS_PER_S = 1e3
_NO_PRICES = NoTariff(reason="no price is known for this model")


def summarise(
    recording: Recording,
    *,
    slo: Slo | None = None,
    prices: Terms = _NO_PRICES,
    ceiling: Ceiling | None = None,
    level: float | None = 0.95,
    with_misses: bool = False,
) -> BenchmarkResult:
    """The figures of a run, and what to think of them.

    The measurement lasts as long as the workers say (`modelforge.benchmark.window`); where they do
    not, from when the first measured request was due to when the last was done.

    Args:
        slo: limits that goodput counts.
        prices: of the model; what is unknown stays unknown.
        ceiling: what this machine's client was found to reach.
        level: of the intervals; None: there are none, and no look at whether the run was steady.
        with_misses: keep which requests missed ``slo``, 9 bytes each.
    """
    plan = recording.plan
    said = measured_window(recording.telemetry, plan)
    rows = choose(recording, ends_ns=said.end_ns if said is not None and said.cut else None)
    measured, good, in_time = rows.measured, rows.good, rows.in_time
    window = _window(said, measured, recording.began_ns)
    duration_s = window.length_s if window is not None and window.length_s > 0 else None
    workers = worker_evidence(recording.telemetry, workers=plan.workers, window=said)
    schedule_lag = Distribution.of(rows.reached.values(lambda some: some.ms("schedule_lag")))
    evidence = _evidence(recording, rows, workers, duration_s, schedule_lag)
    itl = Distribution.of_histogram(recording.gaps, unit=_NS_PER_MS)
    order = SentOrder(good)
    statistics = None
    if level is not None:
        statistics = run_statistics(
            good,
            measured,
            in_time,
            order=order,
            window=window,
            itl=itl,
            slots=recording.gap_slots,
            slo=slo,
            level=level,
            warm_up_excluded=recording.early,
        )
    verdict = judge(evidence, ceiling=ceiling)
    tokens = _token_totals(good)
    cost = run_cost(rows.succeeded, prices, begun=rows.begun)
    return BenchmarkResult(
        plan=plan,
        verdict=replace(verdict, notes=(*verdict.notes, *steady_notes(statistics))),
        total_requests=measured.count,
        successful_requests=good.count,
        failed_requests=measured.count - good.count,
        warmup_requests=rows.warm_up,
        cooldown_requests=rows.cool_down,
        broken_off_requests=rows.broken_off,
        unsent_requests=evidence.unsent,
        total_duration=duration_s or 0.0,
        requests_per_s=evidence.requests_per_s,
        tokens_per_second=(
            None if tokens.completion is None else _rate(_output_tokens(in_time), duration_s)
        ),
        goodput_per_s=None if slo is None else _rate(_met(slo, in_time), duration_s),
        good_requests=None if slo is None else _met(slo, good),
        slo=slo,
        ttft_ms=Distribution.of(order.measure("ttft")),
        itl_ms=itl,
        tpot_ms=Distribution.of(order.measure("tpot")),
        e2e_ms=Distribution.of(order.measure("e2e")),
        e2e_from_due_ms=Distribution.of(order.measure("e2e_from_due")),
        ttft_from_due_ms=Distribution.of(order.measure("ttft_from_due")),
        schedule_lag_ms=schedule_lag,
        stream_output_tokens_per_s=Distribution.of(order.measure("stream_speed")),
        itl_definitions=_itl_definitions(good, itl, recording.reasoning_gaps),
        errors=measured.errors(),
        tokens=tokens,
        total_cost=cost.usd,
        unpriced=cost.unpriced,
        cost_note=cost.note,
        client=ClientUse.of_workers(workers, workers=plan.workers),
        missing_requests=evidence.missing,
        loss=recording.loss,
        growth=evidence.growth,
        misses=misses_of(slo, measured) if with_misses and slo is not None else None,
        statistics=statistics,
        latencies=Latencies(part.ms("e2e") / _MS_PER_S for part in good.parts()),
    )


def _evidence(
    recording: Recording,
    rows: ChosenRows,
    workers: tuple[WorkerEvidence, ...],
    duration_s: float | None,
    schedule_lag: Distribution,
) -> Evidence:
    """What the verdict looks at."""
    plan, telemetry = recording.plan, recording.telemetry
    send_lag_ms = send_lag_p99_ms(telemetry)
    events = sum(
        int(part.column("counted_tokens").sum(dtype=np.int64)) for part in rows.in_time.parts()
    )
    return Evidence(
        open_loop=plan.open_loop,
        successful=rows.good.count,
        failed=rows.measured.count - rows.good.count,
        broken_off=rows.broken_off,
        unsent=sum(word.unsent for word in telemetry),
        duration_s=duration_s,
        schedule_lag_p99_ms=schedule_lag.p99 if send_lag_ms is None else send_lag_ms,
        requests_per_s=_rate(rows.in_time.count, duration_s),
        events_per_s=_rate(events, duration_s),
        workers=workers,
        missing=sum(worker.in_flight for worker in workers if not worker.said_goodbye),
        loss=recording.loss,
        pauses=max((word.parent_pauses for word in telemetry), default=0),
        served_here=bool(plan.asked.get("served_here")),
        growth=_growth(rows.good) if plan.open_loop else None,
    )


def _growth(requests: Measures) -> Growth | None:
    return growth_of(
        lambda: (
            (part.column("due_ns") / _NS_PER_S, part.ms("ttft_from_due"))
            for part in requests.parts()
        )
    )


def _met(slo: Slo, requests: Measures) -> int:
    return sum(int(np.count_nonzero(met(slo, part))) for part in requests.parts())


def _rate(count: float, duration_s: float | None) -> float | None:
    return count / duration_s if duration_s else None


def _window(said: Window | None, measured: Measures, began_ns: int) -> Window | None:
    """The measurement by the workers' word, or else by the requests; None of nothing."""
    if said is not None:
        return replace(said, start_ns=max(said.start_ns, began_ns))
    spans = [
        (int(part.column("due_ns").min()), int(part.column("done_ns").max()))
        for part in measured.parts()
        if part.count
    ]
    if not spans:
        return None
    return Window(start_ns=min(start for start, _ in spans), end_ns=max(end for _, end in spans))


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
