"""What measuring took of the machine that measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelforge.benchmark.evidence import WorkerEvidence


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientUse:
    """What measuring took, over all workers; lags and shares are the worst worker's."""

    cpu_s: float
    peak_rss_bytes: int
    workers: int
    cpu_share: float | None = None
    run_delay_share: float | None = None
    loop_lag_p99_ms: float | None = None
    loop_lag_max_ms: float | None = None

    @classmethod
    def of_workers(cls, found: Sequence[WorkerEvidence], *, workers: int) -> ClientUse:
        """Of one run, whose ``workers`` were at work at the same time."""
        return cls(
            cpu_s=sum(worker.cpu_s for worker in found),
            peak_rss_bytes=sum(worker.peak_rss_bytes for worker in found),
            workers=workers,
            cpu_share=_worst(worker.cpu_share for worker in found),
            run_delay_share=_worst(worker.run_delay_share for worker in found),
            loop_lag_p99_ms=_worst(worker.lag_p99_ms for worker in found),
            loop_lag_max_ms=_worst(worker.lag_max_ms for worker in found),
        )

    @classmethod
    def of_runs(cls, uses: Sequence[ClientUse]) -> ClientUse:
        """Of several runs, at least one, that were one after the other."""
        return cls(
            cpu_s=sum(use.cpu_s for use in uses),
            peak_rss_bytes=max(use.peak_rss_bytes for use in uses),
            workers=uses[0].workers,
            cpu_share=_worst(use.cpu_share for use in uses),
            run_delay_share=_worst(use.run_delay_share for use in uses),
            loop_lag_p99_ms=_worst(use.loop_lag_p99_ms for use in uses),
            loop_lag_max_ms=_worst(use.loop_lag_max_ms for use in uses),
        )


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
