"""The rules by which a run is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from modelforge.benchmark.evidence import WorkerEvidence
from modelforge.benchmark.growth import Growth
from modelforge.benchmark.verdict import Ceiling, Reason, Status, Verdict
from modelforge.benchmark.verdict_limits import VerdictLimits


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """All that the verdict looks at.

    Attributes:
        open_loop: requests were due at moments of their own.
        successful, failed: measured requests.
        broken_off: requests that were not answered when the run was ended for them.
        unsent: requests of an open loop that were due and never sent.
        duration_s: of the measurement; None of nothing.
        schedule_lag_p99_ms: from due to sent, without the opening of connections where that is
            known; None of nothing.
        events_per_s: token events received.
        workers: one each.
        missing: requests under way at the last word of workers that were lost.
        loss: how the recording ended before its end; None: it did not.
        pauses: how often the run's own process, the workers' parent, was stopped.
        served_here: the model's server was started by the run itself, on the same cores.
        growth: of the wait from due to the first token; None: not to be told.
    """

    open_loop: bool
    successful: int
    failed: int
    broken_off: int = 0
    unsent: int = 0
    duration_s: float | None = None
    schedule_lag_p99_ms: float | None = None
    requests_per_s: float | None = None
    events_per_s: float | None = None
    workers: tuple[WorkerEvidence, ...] = field(default_factory=tuple)
    missing: int = 0
    loss: str | None = None
    pauses: int = 0
    served_here: bool = False
    growth: Growth | None = None


_NEEDED = (("p90", 10), ("p95", 20), ("p99", 100), ("p99.9", 1000))
"""Below so many values a percentile is the largest of them or beyond: 1 / (1 - q)."""


def judge(evidence: Evidence, *, ceiling: Ceiling | None = None) -> Verdict:
    """The verdict on a run, from nothing but ``evidence`` and the machine's ``ceiling``."""
    at = VerdictLimits()
    found = [
        *_of_requests(evidence, at),
        *_of_loss(evidence),
        *(reason for worker in evidence.workers for reason in _of_worker(worker, evidence, at)),
        *_of_parent(evidence),
        *_of_connections(evidence, at),
        *_of_schedule(evidence, at),
        *_of_growth(evidence, at),
        *_of_ceiling(evidence, ceiling or Ceiling(), at),
    ]
    order = list(Status)
    found.sort(key=lambda reason: -order.index(reason.status))
    return Verdict(
        status=found[0].status if found else Status.VALID,
        reasons=tuple(reason for reason in found if reason.status is not Status.VALID),
        notes=tuple(reason for reason in found if reason.status is Status.VALID),
    )


def _of_requests(evidence: Evidence, at: VerdictLimits) -> Iterator[Reason]:
    total = evidence.successful + evidence.failed
    if not total:
        yield Reason(
            code="nothing_measured",
            status=Status.INVALID,
            message="not one request was measured",
            measured=0,
            limit=1,
        )
        return
    if not evidence.successful:
        yield Reason(
            code="all_failed",
            status=Status.INVALID,
            message=f"all {total:,} requests failed",
            measured=total,
            limit=total,
        )
        return
    yield from _of_answers(evidence, at)


def _of_answers(evidence: Evidence, at: VerdictLimits) -> Iterator[Reason]:
    """Notes on a run in which at least one request was answered."""
    total = evidence.successful + evidence.failed
    if evidence.failed > at.failed_share * total:
        share = evidence.failed / total
        yield Reason.note(
            "many_failed",
            f"{share:.1%} of the requests failed: the latencies are those of the rest",
            measured=share,
            limit=at.failed_share,
        )
    sent = total + evidence.broken_off
    if evidence.broken_off > at.unanswered_share * sent:
        yield Reason.note(
            "unanswered",
            f"{evidence.broken_off:,} of {sent:,} requests were not answered when the run"
            " was ended for them: their latencies, the longest as a rule, are in no figure; wait"
            " longer with --cooldown",
            measured=evidence.broken_off / sent,
            limit=at.unanswered_share,
        )
    if evidence.duration_s is not None and evidence.duration_s < at.short_s:
        yield Reason.note(
            "short_run",
            f"{evidence.duration_s:.3f} s are too short to tell whether the client was the limit",
            measured=evidence.duration_s,
            limit=at.short_s,
        )
    lacking = [(name, needed) for name, needed in _NEEDED if evidence.successful < needed]
    if lacking:
        names = ", ".join(name for name, _ in lacking)
        yield Reason.note(
            "few_requests",
            f"{evidence.successful:,} answered requests are few for {names}:"
            f" that takes {lacking[-1][1]:,}",
            measured=evidence.successful,
            limit=lacking[-1][1],
        )


def _of_loss(evidence: Evidence) -> Iterator[Reason]:
    lost = [worker.worker for worker in evidence.workers if not worker.said_goodbye]
    missing = f"; under way at the last word: {evidence.missing:,}" if evidence.missing else ""
    seen = any(worker.seen_lost for worker in evidence.workers)
    if lost and len(lost) == len(evidence.workers) and not seen:
        yield Reason(
            code="cut_short",
            status=Status.SUSPECT,
            message="the run ended before its end: what was under way, or came after the last word,"
            " is not in the recording" + missing,
            measured=len(lost),
            limit=0,
        )
    elif lost:
        names = ", ".join(map(str, lost))
        yield Reason(
            code="worker_lost",
            status=Status.INVALID,
            message=f"worker {names} ended before its end: less was sent than asked{missing}",
            measured=len(lost),
            limit=0,
        )
    if evidence.loss is not None:
        yield Reason(
            code="recording_cut",
            status=Status.SUSPECT,
            message=f"the recording is {evidence.loss}{missing}",
            measured=evidence.missing,
            limit=0,
        )


def _of_worker(worker: WorkerEvidence, evidence: Evidence, at: VerdictLimits) -> Iterator[Reason]:
    who = f"worker {worker.worker}"
    yield from _over(
        "client_cpu",
        worker.cpu_share,
        (at.busy_cpu_share, at.full_cpu_share),
        f"{who} used {worker.cpu_share or 0:.0%} of a core: use more workers, or ask less",
    )
    busiest = worker.busiest_cpu_share
    if (worker.cpu_share or 0) < at.busy_cpu_share:
        yield from _over(
            "client_cpu_peak",
            busiest,
            (at.full_interval_cpu_share, None),
            f"{who} used {busiest or 0:.0%} of a core at its busiest",
        )
    share, ratio = worker.run_delay_share, worker.run_delay_ratio
    if share is not None and ratio is not None and ratio >= at.waiting_ratio:
        yield from _over(
            "cpu_contended",
            share,
            (at.waiting_share, at.starved_share),
            f"{who} waited for a CPU {share:.0%} of the time: others kept them busy",
        )
    yield from _crowded(worker, evidence, at)
    yield from _over(
        "loop_lag",
        worker.lag_p99_ms,
        (at.late_p99_ms, at.very_late_p99_ms),
        f"the loop of {who} was {worker.lag_p99_ms or 0:.1f} ms late (p99): so are its stamps",
    )
    yield from _stopped(worker, evidence, at)


def _crowded(worker: WorkerEvidence, evidence: Evidence, at: VerdictLimits) -> Iterator[Reason]:
    idle, others = worker.idle_share, worker.others_share
    if idle is None or others is None or idle >= at.no_idle_share or others < at.others_share:
        return
    yield Reason(
        code="cores_busy",
        status=Status.VALID if evidence.served_here else Status.SUSPECT,
        message=f"the cores of worker {worker.worker} were never idle, {others:.0%} of their time"
        + (
            " the model's own server had: what is sent and received waits for it, some ms"
            if evidence.served_here
            else " others had: what is sent and received waits for them, some ms"
        ),
        measured=others,
        limit=at.others_share,
    )


def _stopped(worker: WorkerEvidence, evidence: Evidence, at: VerdictLimits) -> Iterator[Reason]:
    stop_ms = worker.lag_max_ms
    if stop_ms is None or stop_ms < at.stopped_ms:
        return
    measured_ms = (evidence.duration_s or 0) * 1000
    long = stop_ms >= at.stopped_share * measured_ms
    yield Reason(
        code="client_stopped",
        status=Status.INVALID if long else Status.SUSPECT,
        message=f"worker {worker.worker} did not run for {stop_ms:,.0f} ms",
        measured=stop_ms,
        limit=at.stopped_ms,
    )


def _of_parent(evidence: Evidence) -> Iterator[Reason]:
    if evidence.pauses:
        times = f"{evidence.pauses} times" if evidence.pauses > 1 else "once"
        yield Reason(
            code="parent_stopped",
            status=Status.SUSPECT,
            message=f"the run's own process was stopped {times} meanwhile (SIGSTOP, Ctrl-Z);"
            " its workers measured on, unless they were stopped too",
            measured=evidence.pauses,
            limit=1,
        )


def _of_connections(evidence: Evidence, at: VerdictLimits) -> Iterator[Reason]:
    unconnected = sum(worker.unconnected for worker in evidence.workers)
    if not unconnected:
        return
    total = evidence.successful + evidence.failed
    yield from _over(
        "no_connections",
        unconnected / max(total, unconnected),
        (0.0, at.many_unconnected_share),
        f"{unconnected:,} requests failed here, and not at the server: this machine had no file or"
        " port left for their connections",
    )


def _of_schedule(evidence: Evidence, at: VerdictLimits) -> Iterator[Reason]:
    if not evidence.open_loop:
        return
    lag = evidence.schedule_lag_p99_ms
    yield from _over(
        "schedule_lag",
        lag,
        (at.lag_p99_ms, at.large_lag_p99_ms),
        f"requests were sent {lag or 0:.1f} ms after they were due (p99)",
    )
    due = evidence.successful + evidence.failed + evidence.broken_off + evidence.unsent
    yield from _over(
        "unsent",
        evidence.unsent / due if due else None,
        (at.unsent_share, at.many_unsent_share),
        f"{evidence.unsent:,} of {due:,} requests were due before the end and never sent: they"
        " are in no figure, and the rate is lower than asked for; use more workers, or ask less",
    )


def _of_growth(evidence: Evidence, at: VerdictLimits) -> Iterator[Reason]:
    growth = evidence.growth
    if (evidence.schedule_lag_p99_ms or 0.0) >= at.lag_p99_ms:
        return  # it was the client that fell behind, and the wait is counted from due
    if growth is not None and growth.beyond(at.grown_ms):
        grew = growth.ms_per_s
        by = f"{grew:,.0f}" if grew >= 100 else f"{grew:.3g}"  # noqa: PLR2004 (no exponent)
        yield Reason.note(
            "growing_wait",
            "the server fell behind: the wait for the first token grew by"
            f" {by} ms a second, so that latencies tell how long the run was",
            measured=growth.total_ms,
            limit=at.grown_ms,
        )


def _of_ceiling(evidence: Evidence, ceiling: Ceiling, at: VerdictLimits) -> Iterator[Reason]:
    shares = [worker.cpu_share for worker in evidence.workers]
    busiest = max((share for share in shares if share is not None), default=None)
    idle = busiest is not None and busiest < at.spare_cpu_share
    # A run that reaches it with time to spare refutes it: it was found beside something else.
    doubt = f", though {busiest:.0%} of a core was enough: calibrate again" if idle else ""
    for what, rate, most in (
        ("requests", evidence.requests_per_s, ceiling.requests_per_s),
        ("events", evidence.events_per_s, ceiling.events_per_s),
    ):
        if rate is not None and most:
            yield from _over(
                f"ceiling_{what}",
                rate / most,
                (at.near_ceiling, None if idle else at.at_ceiling),
                f"{rate:,.0f} {what}/s is {rate / most:.0%} of what `modelforge calibrate` found"
                f" this machine's client to reach{doubt}",
            )


def _over(
    code: str,
    measured: float | None,
    limits: tuple[float, float | None],
    message: str,
) -> Iterable[Reason]:
    """A reason where ``measured`` reaches the limit of SUSPECT, or of INVALID."""
    suspect, invalid = limits
    if measured is None or measured < suspect:
        return ()
    worse = invalid is not None and measured >= invalid
    return (
        Reason(
            code=code,
            status=Status.INVALID if worse else Status.SUSPECT,
            message=message,
            measured=measured,
            limit=invalid if worse else suspect,
        ),
    )
