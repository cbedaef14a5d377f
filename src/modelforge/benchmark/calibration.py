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

    The simulator needs a core too and is the slower of the two, as a rule: then its client waits,
    and what the client could reach follows from the CPU that it took.

    Attributes:
        measured_at: when, UTC.
        requests_per_s: of answers of one token, with one worker, as many as came.
        events_per_s: of streams of ``tokens`` that arrive at once, with one worker, likewise.
        most_requests_per_s, most_events_per_s: the same of a worker that does not wait: over the
            share of its core that it used.
        cpu_us_per_request: CPU microseconds of the client for one of those streams.
        stamp_error_p50_ms, stamp_error_p99_ms: the client's quantile of the TTFT of paced streams
            less the simulator's own: what it measures too late.
        itl_error_mean_ms: the same of the mean gap between tokens.
        schedule_lag_p99_ms: how long after it was due a request of an open loop is sent.
        disturbed: what the verdict of the paced run says against it; None: nothing.
    """

    machine: Machine
    measured_at: datetime
    requests_per_s: float
    events_per_s: float
    most_requests_per_s: float
    most_events_per_s: float
    tokens: int
    cpu_us_per_request: float
    stamp_error_p50_ms: float
    stamp_error_p99_ms: float
    itl_error_mean_ms: float
    schedule_lag_p99_ms: float
    disturbed: str | None = None

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
        """What ``workers`` reach at most: as many times one, up to the machine's cores."""
        times = max(1, min(workers, self.machine.cores))
        return Ceiling(
            requests_per_s=self.most_requests_per_s * times,
            events_per_s=self.most_events_per_s * times,
        )

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
                raise KeyError(SCHEMA)  # noqa: TRY301 (told in one place)
            machine = Machine(**document.pop("machine"))
            measured_at = datetime.fromisoformat(document.pop("measured_at")).astimezone(UTC)
            return cls(machine=machine, measured_at=measured_at, **document)
        except (KeyError, TypeError, AttributeError, ValueError) as cause:
            raise ValueError(f"not a calibration: {cause!r}") from cause
