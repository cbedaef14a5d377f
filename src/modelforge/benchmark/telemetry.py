"""What a worker says of itself with every batch of records: the evidence of the verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelforge.stats.histogram import LogHistogram


@dataclass(frozen=True, kw_only=True, slots=True)
class Telemetry:
    """One worker at the moment of one batch.

    Attributes:
        worker: its number, from 0.
        at_ns: when, since the run's start; None: not said.
        cpu_s: CPU seconds, user and system, since the worker started.
        peak_rss_bytes: its largest resident memory so far.
        loop_lag_ms: how late its event loop ran what was due, milliseconds, since the batch
            before. A heartbeat measures it: a timer that asks to be woken every 20 ms or so, and
            notes by how much it was woken too late. A stopped process shows as one beat as late as
            it was stopped, and as those that it held up, each 20 ms less late.
        send_lag_ms: how late the measured requests of this batch that reached the server were sent,
            milliseconds, but for the time in which connections were opened for them, which the
            server takes too; None: not kept.
        in_flight: requests sent and not done.
        gaps: nanoseconds between the token events of the measured requests of this batch that
            succeeded: the gaps of all batches together are those of the run.
        reasoning_gaps: the part of ``gaps`` that ends where reasoning came before all else; None:
            there is none.
        unconnected: requests that failed until now since this machine had no file or port left
            for a connection.
        unsent: of the last word: requests of an open loop that were due before the end and had not
            been sent then.
        run_delay_s: seconds since the worker started in which it could run and the CPU was
            another's (the second number of Linux' ``/proc/self/schedstat``); None: not known.
        idle_s: seconds since the machine started in which a core that the worker may use was idle,
            over all of these ``cores``; None: not known.
        parent_pauses: how often the worker's parent was stopped and went on, until now.
        window_ns: when measuring began and ended, since the run's start; None: not said.
        final: the worker has nothing more to send.
        stopped: why it sent no more before the end; None: it did not stop by itself.
        hopeless: the server could not be reached, or every warm-up request failed alike: it asked a
            few requests only.
        lost: its parent's word, not its own: it ended without a last one.
        interrupted: its parent's word: it was told to stop before its end.
    """

    worker: int
    cpu_s: float
    peak_rss_bytes: int
    loop_lag_ms: LogHistogram
    in_flight: int
    gaps: LogHistogram = field(default_factory=LogHistogram)
    reasoning_gaps: LogHistogram | None = None
    send_lag_ms: LogHistogram | None = None
    unconnected: int = 0
    unsent: int = 0
    at_ns: int | None = None
    run_delay_s: float | None = None
    idle_s: float | None = None
    cores: int | None = None
    parent_pauses: int = 0
    window_ns: tuple[int, int] | None = None
    final: bool = False
    stopped: str | None = None
    hopeless: bool = False
    lost: bool = False
    interrupted: bool = False

    def to_json(self) -> bytes:
        """The value of `modelforge.benchmark.record.TELEMETRY_KEY`."""
        document: dict[str, Any] = {
            "worker": self.worker,
            "cpu_s": self.cpu_s,
            "peak_rss_bytes": self.peak_rss_bytes,
            "loop_lag_ms": self.loop_lag_ms.to_dict(),
            "in_flight": self.in_flight,
            "gaps": self.gaps.to_dict(),
            "final": self.final,
        }
        optional = {
            "reasoning_gaps": self.reasoning_gaps and self.reasoning_gaps.to_dict(),
            "send_lag_ms": self.send_lag_ms and self.send_lag_ms.to_dict(),
            "at_ns": self.at_ns,
            "run_delay_s": self.run_delay_s,
            "idle_s": self.idle_s,
            "cores": self.cores,
            "parent_pauses": self.parent_pauses or None,
            "window_ns": self.window_ns,
            "stopped": self.stopped,
            "hopeless": self.hopeless or None,
            "unconnected": self.unconnected or None,
            "unsent": self.unsent or None,
            "lost": self.lost or None,
            "interrupted": self.interrupted or None,
        }
        document.update((name, value) for name, value in optional.items() if value is not None)
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, text: bytes | str) -> Telemetry:
        """The telemetry that gave ``text``.

        Raises:
            ValueError: it is not one.
        """
        try:
            return _read(json.loads(text))
        except (KeyError, TypeError, ValueError) as cause:
            raise ValueError(f"not the telemetry of a worker: {_told(cause)}") from cause


def _told(cause: Exception) -> str:
    """What was wrong, without the whole text that it was found in."""
    if isinstance(cause, UnicodeDecodeError):
        return f"no UTF-8 at byte {cause.start}"
    return repr(cause)


def _read(document: Mapping[str, Any]) -> Telemetry:
    worker = int(document["worker"])  # what is no object at all has none
    reasoning, send_lag_ms = document.get("reasoning_gaps"), document.get("send_lag_ms")
    at_ns, run_delay_s = document.get("at_ns"), document.get("run_delay_s")
    idle_s, cores = document.get("idle_s"), document.get("cores")
    window = document.get("window_ns")
    return Telemetry(
        worker=worker,
        cpu_s=float(document["cpu_s"]),
        peak_rss_bytes=int(document["peak_rss_bytes"]),
        loop_lag_ms=LogHistogram.from_dict(document["loop_lag_ms"]),
        in_flight=int(document["in_flight"]),
        gaps=LogHistogram.from_dict(document["gaps"]),
        reasoning_gaps=None if reasoning is None else LogHistogram.from_dict(reasoning),
        send_lag_ms=None if send_lag_ms is None else LogHistogram.from_dict(send_lag_ms),
        unconnected=int(document.get("unconnected", 0)),
        unsent=int(document.get("unsent", 0)),
        at_ns=None if at_ns is None else int(at_ns),
        run_delay_s=None if run_delay_s is None else float(run_delay_s),
        idle_s=None if idle_s is None else float(idle_s),
        cores=None if cores is None else int(cores),
        parent_pauses=int(document.get("parent_pauses", 0)),
        window_ns=None if window is None else (int(window[0]), int(window[1])),
        final=bool(document["final"]),
        stopped=None if document.get("stopped") is None else str(document["stopped"]),
        hopeless=bool(document.get("hopeless", False)),
        lost=bool(document.get("lost", False)),
        interrupted=bool(document.get("interrupted", False)),
    )
