"""From where on a run is flagged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class VerdictLimits:
    """From where on a run is flagged. A shared machine's own noise, a few ms, stays below.

    Attributes:
        busy_cpu_share, full_cpu_share: of a worker's core, over the whole measurement. A loop
            that is busy for 85 % of the time makes what arrives wait (M/D/1: for 2.8 times what
            it takes to serve), and one at 95 % is the limit itself.
        full_interval_cpu_share: the same of its busiest interval alone, as in the last step of a
            ramp: reason enough to look.
        waiting_share, waiting_ratio: the CPU was another's for this part of the time, and for
            this part of the time the worker could have used it. Both, so that neither a busy
            worker's short waits nor the wake-ups of an idle one count.
        no_idle_share, others_share: the cores had less idle time than the one and were another's
            for more than the other: whoever wakes up there waits for its turn, and the kernel's
            own work on what is sent and received does, which no process' clock tells.
        starved_share: from here on, of the time, the machine was too small.
        late_p99_ms, very_late_p99_ms: how late the loop ran what was due, at the 99th percentile.
            Stamps are as late as that: a good part of a usual time between tokens, and half of a
            usual TTFT. Loops of runs in peace were late by less than 1 ms, beside one process that
            wanted a core half of the time by 5 to 6.
        stopped_ms: one beat this late is no scheduling noise: the process was stopped.
        stopped_share: a stop as long as this part of the measurement reaches the p99.
        lag_p99_ms, large_lag_p99_ms: how long after it was due an open loop's request was sent.
        unsent_share, many_unsent_share: of an open loop's requests, due and never sent: they would
            have been the last, and the latest. From 1 % on they are the p99.
        many_unconnected_share: of requests for which the client had no connection.
        near_ceiling, at_ceiling: of what this machine was measured to reach.
        spare_cpu_share: below this a worker had time left, whatever ceiling it is said to have.
        grown_ms: the wait for the first token grew by so much from the beginning to the end of an
            open loop: a note.
        unanswered_share: requests that were broken off at the end, beyond which the p99 would be
            another with them: a note.
        short_s: a shorter run has no shares of the CPU and hardly a beat of the loop: a note.
        failed_share: failed requests, beyond which latencies are those of a lucky rest: a note.
    """

    busy_cpu_share: float = 0.85
    full_cpu_share: float = 0.95
    full_interval_cpu_share: float = 0.97
    waiting_share: float = 0.10
    waiting_ratio: float = 0.25
    starved_share: float = 0.30
    no_idle_share: float = 0.05
    others_share: float = 0.5
    late_p99_ms: float = 4.0
    very_late_p99_ms: float = 50.0
    stopped_ms: float = 150.0
    stopped_share: float = 0.01
    lag_p99_ms: float = 10.0
    large_lag_p99_ms: float = 50.0
    unsent_share: float = 0.01
    many_unsent_share: float = 0.05
    many_unconnected_share: float = 0.01
    near_ceiling: float = 0.85
    at_ceiling: float = 0.95
    spare_cpu_share: float = 0.7
    grown_ms: float = 100.0
    unanswered_share: float = 0.01
    short_s: float = 0.1
    failed_share: float = 0.05
