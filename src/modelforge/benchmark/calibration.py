"""What a machine's own client reaches and how exact it is, as measured on it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from modelforge.benchmark.verdict import Ceiling

SCHEMA: Final = "modelforge.calibration/1"
MAX_AGE: Final = timedelta(days=30)
"""A calibration that is older is stale: systems, power plans and neighbours change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What a calibration holds for."""

    cpu: str
    cores: int
    python: str
    modelforge: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """One worker of the load generator against the simulator on the same machine.

    The simulator has a core of its own only where there are two: on one core, or where others
    use them, the ceiling is that of both together, and so too low, never too high.

    Attributes:
        measured_at: when, UTC.
        requests_per_s, events_per_s: of streams that arrive at once, with one worker.
        tokens: of each of those streams.
        cpu_us_per_request: CPU microseconds of the client for one of them.
        stamp_error_p50_ms, stamp_error_p99_ms: the client's quantile of the TTFT of paced streams
            less the simulator's own: what it measures too late.
        itl_error_mean_ms: the same of the mean gap between tokens.
        schedule_lag_p99_ms: how long after it was due a request of an open loop is sent.
        limited_by_server: the client's worker was not busy at the ceiling: the simulator was the
            limit, and the client can do more.
    """

    machine: Machine
    measured_at: datetime
    requests_per_s: float
    events_per_s: float
    tokens: int
    cpu_us_per_request: float
    stamp_error_p50_ms: float
    stamp_error_p99_ms: float
    itl_error_mean_ms: float
    schedule_lag_p99_ms: float
    limited_by_server: bool

    def unfit(self, machine: Machine, now: datetime) -> str | None:
        """Why it says nothing about ``machine`` at ``now``, in a few words; None: it does."""
        for field in fields(Machine):
            was, is_ = getattr(self.machine, field.name), getattr(machine, field.name)
            if was != is_:
                return f"made with another {field.name} ({was}, now {is_})"
        if now - self.measured_at > MAX_AGE:
            return f"made {(now - self.measured_at).days} days ago"
        return None

    def ceiling(self, workers: int) -> Ceiling:
        """What ``workers`` reach at most: as many times one, up to the machine's cores.

        Empty where the simulator was the limit: the client's own was not found. Events cost less
        each when more of them share a segment, and more when each comes alone; a stream's requests
        are bounded by both.
        """
        if self.limited_by_server:
            return Ceiling()
        times = max(1, min(workers, self.machine.cores))
        return Ceiling(
            requests_per_s=self.cpu_requests_per_s * times, events_per_s=self.events_per_s * times
        )

    @property
    def cpu_requests_per_s(self) -> float:
        """Requests that one core could carry by the CPU each took: at least what was reached."""
        return max(self.requests_per_s, 1e6 / self.cpu_us_per_request)

    def to_document(self) -> dict[str, Any]:
        """Of JSON's types."""
        document = asdict(self)
        document["measured_at"] = self.measured_at.isoformat(timespec="seconds")
        return {"schema": SCHEMA, **document}

    @classmethod
    def from_json(cls, text: str | bytes) -> Calibration:
        """The calibration whose document ``text`` is.

        Raises:
            ValueError: it is none.
        """
        try:
            document = json.loads(text)
            if document.pop("schema") != SCHEMA:
                raise ValueError("of another schema")
            machine = Machine(**document.pop("machine"))
            measured_at = datetime.fromisoformat(document.pop("measured_at")).astimezone(UTC)
            return cls(machine=machine, measured_at=measured_at, **document)
        except (KeyError, TypeError, AttributeError, ValueError) as cause:
            raise ValueError(f"not a calibration: {cause!r}") from cause
