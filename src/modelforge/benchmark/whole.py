"""Several runs of one benchmark as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from modelforge.benchmark.between_runs import between_runs
from modelforge.benchmark.client_use import ClientUse
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.verdict import Reason, Status, Verdict
from modelforge.pricing.tariff import Terms
from modelforge.stats.histogram import LogHistogram

_ASKED: Final = ("load", "workload")
_OF_NUMBERS: Final = frozenset({"few_requests", "many_failed", "unanswered"})


def whole(
    recordings: Sequence[Recording],
    results: Sequence[BenchmarkResult],
    *,
    prices: Terms,
    slo: Slo | None,
    level: float = 0.95,
) -> BenchmarkResult:
    """All requests of all runs taken together, with ``results`` as its runs.

    Distributions are those of every request alike. Rates are over the time of all runs together,
    which were one after the other. The verdict is the worst of the runs'.
    """
    together = summarise(_joined(recordings), slo=slo, prices=prices, level=None)
    duration_s = sum(result.total_duration for result in results)

    def rate(of: Callable[[BenchmarkResult], float | None]) -> float | None:
        rates = [of(result) for result in results]
        done = [
            each * result.total_duration
            for each, result in zip(rates, results, strict=True)
            if each is not None
        ]
        return None if len(done) < len(rates) or not duration_s else sum(done) / duration_s

    losses = [result.loss for result in results if result.loss is not None]
    return replace(
        together,
        verdict=_verdict(results, together.verdict.notes),
        total_duration=duration_s,
        requests_per_s=rate(lambda result: result.requests_per_s),
        tokens_per_second=rate(lambda result: result.tokens_per_second),
        goodput_per_s=rate(lambda result: result.goodput_per_s),
        client=ClientUse.of_runs([result.client for result in results]),
        unsent_requests=sum(result.unsent_requests for result in results),
        missing_requests=sum(result.missing_requests for result in results),
        loss=losses[0] if losses else None,
        runs=tuple(results),
        statistics=between_runs(results, level=level),
    )


def _joined(recordings: Sequence[Recording]) -> Recording:
    """All their requests and gaps, without telemetry: no worker was in all of them."""
    kept_apart = [recording.reasoning_gaps for recording in recordings]
    reasoning = sum((part for part in kept_apart if part is not None), LogHistogram())

    def let_go() -> None:
        for recording in recordings:
            recording.let_go()

    return Recording(
        plan=recordings[0].plan,
        columns=pa.concat_tables(recording.columns for recording in recordings),
        gaps=sum((recording.gaps for recording in recordings), LogHistogram()),
        reasoning_gaps=reasoning if reasoning.count else None,
        let_go=let_go,
    )


def _unlike(results: Sequence[BenchmarkResult]) -> Iterator[Reason]:
    """A note where the runs did not ask the same."""
    differ = [
        name for name in _ASKED if len({str(each.plan.asked.get(name)) for each in results}) > 1
    ]
    if differ:
        message = f"the runs differ in {' and '.join(differ)}: their figures are of a mixture"
        yield Reason.note("unlike_runs", message)


def _verdict(results: Sequence[BenchmarkResult], notes: Sequence[Reason]) -> Verdict:
    """The runs' reasons and notes. Of ``notes``, which are of all requests as if they were one run,
    only those on numbers of requests are true of the whole.
    """
    order = list(Status)
    numbered = [
        replace(reason, message=f"run {number}: {reason.message}")
        for number, result in enumerate(results, start=1)
        for reason in result.verdict.reasons
    ]
    numbered.sort(key=lambda reason: -order.index(reason.status))
    worst = max((result.verdict.status for result in results), key=order.index)
    counted = [note for note in notes if note.code in _OF_NUMBERS]
    others = (*_unlike(results), *_notes_of(results))
    return Verdict(status=worst, reasons=tuple(numbered), notes=(*counted, *others))


def _notes_of(results: Sequence[BenchmarkResult]) -> Iterator[Reason]:
    """One of each code: whose it is, and how many others it has, where they do not all say it."""
    said: dict[str, list[tuple[int, Reason]]] = {}
    for number, result in enumerate(results, start=1):
        for note in result.verdict.notes:
            if note.code not in _OF_NUMBERS:
                said.setdefault(note.code, []).append((number, note))
    for found in said.values():
        number, note = found[0]
        if len(found) == len(results) and len({each.message for _, each in found}) == 1:
            yield note
            continue
        more = len(found) - 1
        others = f" (and of {more} more {'run' if more == 1 else 'runs'})" if more else ""
        yield replace(note, message=f"run {number}: {note.message}{others}")
