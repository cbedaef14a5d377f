"""What a worker process is told, and the words of both its pipes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modelforge.benchmark.load import Limits, Load
from modelforge.benchmark.workload import Workload
from modelforge.wire.port_target import PortTarget
from modelforge.wire.target import Target

if TYPE_CHECKING:
    from modelforge.wire.purse import Allotment  # pricing: for a run with a limit

GO: Final = b"go"
"""Followed by the run's start in nanoseconds of the monotonic clock."""

STOP: Final = b"stop"
"""Send no more; answers may still come in."""

QUIT: Final = b"quit"
"""Break off what is in flight."""

READY_KEY: Final = b"ready"
"""In the metadata of a worker's first batch, which is empty: JSON, null or why it cannot begin."""

MESSAGES_KEY: Final = b"messages"
"""In a batch's metadata: the first message of each kind of error, as JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A worker's part of a run. It is pickled through the worker's own pipe and never stored.

    Attributes:
        worker, workers: which of how many.
        timeout_s: the longest that an answer may take.
        most_connections: of this worker, at once.
        count_events: read every event of every answer; see `modelforge.wire.exact_reader`.
        flush_s: how often records leave the worker.
        allotment: what the worker may spend; None: there is no limit.
    """

    worker: int
    workers: int
    target: Target | PortTarget
    load: Load
    limits: Limits
    workload: Workload
    seed: int
    timeout_s: float
    most_connections: int
    keep_text: bool = False
    count_events: bool = True
    flush_s: float = 0.5
    allotment: Allotment | None = None

    def until_flush_s(self, since_start_ns: int) -> float:
        """Seconds until this worker's next batch leaves; no two workers have the same moments."""
        own_s = self.flush_s * (self.worker + 1) / self.workers
        left_s = (own_s - since_start_ns / 1e9) % self.flush_s
        # The loop's timers are early by a part of a millisecond: then this one has just left.
        return left_s if left_s > self.flush_s / 10 else left_s + self.flush_s
