"""What the workers' telemetry says of the client, put together for the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from modelforge.benchmark.telemetry import Telemetry
from modelforge.benchmark.window import Window
from modelforge.stats.histogram import LogHistogram

_LEAST_INTERVAL_S = 0.4  # a batch's half second, or nearly; shares over less are noise
_LEAST_RUN_S = 0.1  # of a run that was not longer, and less tells nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerEvidence:
    """One worker while it measured; None where its telemetry does not tell.

    Attributes:
        said_goodbye: its last telemetry was final.
        seen_lost: the run's own process saw it end without one, and was alive itself.
        cpu_s, peak_rss_bytes: of its whole life.
        cpu_share: CPU seconds a second, 1 being one core.
        busiest_cpu_share: the same of its busiest interval.
        run_delay_share: seconds a second in which it could run and the CPU was another's.
        run_delay_ratio: that, over all the time it could run.
        idle_share: of the time of the cores it may use, in which they had nothing to do.
        others_share: of that time, in which they did something else than its work.
        lag_p99_ms: how late its loop was, at the 99th percentile of all beats, and so of the time.
        lag_max_ms: the latest its loop ever was.
        unconnected: requests for which this machine had no connection left.
        in_flight: requests that were under way at its last word.
    """

    worker: int
    said_goodbye: bool = False
    seen_lost: bool = False
    cpu_s: float = 0.0
    peak_rss_bytes: int = 0
    cpu_share: float | None = None
    busiest_cpu_share: float | None = None
    run_delay_share: float | None = None
    run_delay_ratio: float | None = None
    idle_share: float | None = None
    others_share: float | None = None
    lag_p99_ms: float | None = None
    lag_max_ms: float | None = None
    unconnected: int = 0
    in_flight: int = 0


def worker_evidence(
    telemetry: Sequence[Telemetry], *, workers: int, window: Window | None = None
) -> tuple[WorkerEvidence, ...]:
    """The evidence of each of ``workers``, and of any other that spoke, by its number.

    Its intervals are those that overlap ``window``, the measurement, where it is known.
    CPU shares count from a worker's first word, so that its start is in none of them.
    """
    by_worker: dict[int, list[Telemetry]] = {number: [] for number in range(workers)}
    lost = {said.worker for said in telemetry if said.lost}
    for said in telemetry:
        if not said.lost:
            by_worker.setdefault(said.worker, []).append(said)
    return tuple(
        replace(_of(number, said, window), seen_lost=number in lost)
        for number, said in sorted(by_worker.items())
    )


def send_lag_p99_ms(telemetry: Sequence[Telemetry]) -> float | None:
    """How late requests left the client, over all workers; None: no worker said."""
    known = [said.send_lag_ms for said in telemetry if said.send_lag_ms is not None]
    return sum(known, LogHistogram()).quantile(0.99) if known else None


def _of(number: int, said: Sequence[Telemetry], window: Window | None) -> WorkerEvidence:
    if not said:
        return WorkerEvidence(worker=number)
    measuring = [
        later
        for earlier, later in pairwise((None, *said))
        if later and _within(earlier, later, window)
    ]
    spans = list(_spans(said, window)) or list(_spans(said, window, least_s=_LEAST_RUN_S))
    wall_s = sum(span.wall_s for span in spans)
    cpu_s = sum(span.cpu_s for span in spans)
    delays = [span.run_delay_s for span in spans if span.run_delay_s is not None]
    delay_s = sum(delays) if delays else None
    idle_share, others_share = _shares_of_cores(said, window)
    lag_ms = sum((one.loop_lag_ms for one in measuring), LogHistogram())
    return WorkerEvidence(
        worker=number,
        said_goodbye=any(one.final for one in said),
        cpu_s=said[-1].cpu_s,
        peak_rss_bytes=max(one.peak_rss_bytes for one in said),
        cpu_share=cpu_s / wall_s if wall_s else None,
        busiest_cpu_share=max((span.cpu_s / span.wall_s for span in spans), default=None),
        run_delay_share=None if delay_s is None else delay_s / wall_s,
        run_delay_ratio=(
            None if delay_s is None or not cpu_s + delay_s else delay_s / (cpu_s + delay_s)
        ),
        idle_share=idle_share,
        others_share=others_share,
        lag_p99_ms=_p99(lag_ms),
        lag_max_ms=lag_ms.largest,
        unconnected=said[-1].unconnected,
        in_flight=said[-1].in_flight,
    )


def _p99(lag_ms: LogHistogram) -> float | None:
    """The beat at the 99th percentile, and none after it: one stall does not make a short run."""
    steps = lag_ms.count - 1
    return lag_ms.quantile(int(0.99 * steps) / steps if steps > 0 else 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Span:
    wall_s: float
    cpu_s: float
    run_delay_s: float | None


def _spans(
    said: Sequence[Telemetry],
    window: Window | None,
    *,
    least_s: float = _LEAST_INTERVAL_S,
) -> Iterator[_Span]:
    start: Telemetry | None = None
    for one in said:
        if one.at_ns is None:
            continue
        if start is None or start.at_ns is None:
            start = one
            continue
        wall_s = (one.at_ns - start.at_ns) / 1e9
        if wall_s < least_s:
            continue
        if _within(start, one, window):
            known = one.run_delay_s is not None and start.run_delay_s is not None
            yield _Span(
                wall_s=wall_s,
                cpu_s=one.cpu_s - start.cpu_s,
                run_delay_s=(one.run_delay_s or 0) - (start.run_delay_s or 0) if known else None,
            )
        start = one


def _shares_of_cores(
    said: Sequence[Telemetry], window: Window | None
) -> tuple[float | None, float | None]:
    """How much of its cores' time was idle, and how much was another's; None: not known."""
    wall_s = idle_s = own_s = 0.0
    for earlier, later in pairwise(said):
        known = (earlier.at_ns, later.at_ns, earlier.idle_s, later.idle_s, later.cores)
        if None in known or not _within(earlier, later, window):
            continue
        wall_s += ((later.at_ns or 0) - (earlier.at_ns or 0)) / 1e9 * (later.cores or 0)
        idle_s += (later.idle_s or 0.0) - (earlier.idle_s or 0.0)
        own_s += later.cpu_s - earlier.cpu_s
    if wall_s < _LEAST_INTERVAL_S:
        return None, None
    idle_share = min(max(idle_s / wall_s, 0.0), 1.0)
    return idle_share, max(0.0, 1 - idle_share - own_s / wall_s)


def _within(earlier: Telemetry | None, later: Telemetry, window: Window | None) -> bool:
    """Whether the time between the two was measured, as far as that is known."""
    started_ns = earlier.at_ns if earlier is not None else None
    return window is None or window.overlaps(started_ns, later.at_ns)
