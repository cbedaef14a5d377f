"""From when to when a run measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modelforge.benchmark.plan import Plan
from modelforge.benchmark.telemetry import Telemetry

_NS_PER_S: Final = 1e9


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The measurement, in nanoseconds since the run's start.

    Attributes:
        start_ns, end_ns: when it began and ended.
        cut: the run was ended from outside: what one worker recorded after ``end_ns`` others
            would have recorded too.
    """

    start_ns: int
    end_ns: int
    cut: bool = False

    @property
    def length_s(self) -> float:
        """Seconds; 0 or less of nothing."""
        return (self.end_ns - self.start_ns) / _NS_PER_S

    def overlaps(self, start_ns: int | None, end_ns: int | None) -> bool:
        """Whether the time between the two moments is a part of it, as far as they are known."""
        return (end_ns is None or end_ns > self.start_ns) and (
            start_ns is None or start_ns < self.end_ns
        )


def measured_window(telemetry: Sequence[Telemetry], plan: Plan) -> Window | None:
    """The window over all workers; None: no worker said.

    A worker that ended without a last word measured until the last that there is. Where the parent
    lived to see that, the run went on without it. Where the whole run was killed, each worker's
    last batch had left at a moment of its own, and only until the first of these moments is
    everything known: rates are of that time.
    """
    said = [word.window_ns for word in telemetry if word.window_ns is not None]
    lost = {word.worker for word in telemetry if word.lost}
    last = {word.worker: word for word in telemetry if not word.lost}
    unfinished = [word for word in last.values() if not word.final and word.window_ns is None]
    told_ns = [word.at_ns for word in unfinished if word.at_ns is not None]
    start_ns, ends_ns = min((start for start, _ in said), default=0), [end for _, end in said]
    if not told_ns or len(told_ns) < len(unfinished):
        return Window(start_ns=start_ns, end_ns=max(ends_ns)) if said else None
    cut = not lost.issuperset(word.worker for word in unfinished)
    end_ns = min(told_ns) if cut else max(*ends_ns, *told_ns, 0)
    duration_s = plan.asked.get("duration_s")
    if isinstance(duration_s, int | float):
        end_ns = min(end_ns, int(duration_s * 1e9))
    return Window(start_ns=start_ns, end_ns=max(start_ns, end_ns), cut=cut)
