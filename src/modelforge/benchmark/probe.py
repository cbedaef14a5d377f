"""One short run of a search, and what may be concluded from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from modelforge.benchmark.load import Load
from modelforge.benchmark.pressure import Tried
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.verdict import Status

RunProbe = Callable[[Load], Awaitable[BenchmarkResult]]
"""Runs a load and gives its result."""

RunProbeFor = Callable[[Load, float], Awaitable[BenchmarkResult]]
"""Runs a load for so many seconds and gives its result."""

_OF_SERVER: Final = frozenset({"all_failed", "nothing_measured"})
"""What makes a run INVALID though the client was not its limit: the server answered nothing."""
_OF_NO_ANSWER: Final = frozenset({"no_connections", "worker_lost"})
"""By what a client keeps itself from all answers. To be refused fast makes it busy, and no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A load that was tried.

    Attributes:
        value: the rate in requests a second, or the concurrency.
        client_bound: the verdict was INVALID by the client's own limits: nothing is concluded
            about the server. ``reason`` says by which.
    """

    value: float
    result: BenchmarkResult = field(repr=False)

    @property
    def client_bound(self) -> bool:
        """Whether this measured the client."""
        return any(True for _ in self._invalid())

    @property
    def reason(self) -> str | None:
        """Why it is client-bound; None: it is not."""
        return next(self._invalid(), None)

    @property
    def requests(self) -> int:
        """How many requests it tells of: the measured, or, of nothing, those that came too late."""
        return self.result.total_requests or self.result.cooldown_requests

    @property
    def empty(self) -> bool:
        """Whether no request was due in it, so that it tells nothing."""
        return not self.requests and not self.result.broken_off_requests

    @property
    def good(self) -> int:
        """How many of them met the SLO that the result was summarised with."""
        return self.result.good_requests or 0

    @property
    def served_per_s(self) -> float:
        """Successful requests a second; 0 of nothing."""
        return self.result.requests_per_s or 0.0

    @property
    def latency_ms(self) -> float | None:
        """The mean from due to done."""
        return self.result.e2e_from_due_ms.mean

    def tried(self) -> Tried:
        """What it says of the server; a probe of nothing is one request that missed."""
        misses = self.result.misses
        if misses is None or not misses.missed.size:
            return Tried(value=self.value, due_s=np.zeros(1), missed=np.ones(1, dtype=np.bool_))
        return Tried(value=self.value, due_s=misses.due_s, missed=misses.missed)

    def _invalid(self) -> Iterator[str]:
        return (
            reason.message
            for reason in self.result.verdict.reasons
            if reason.status is Status.INVALID
            and reason.code not in _OF_SERVER
            and (self.result.successful_requests or reason.code in _OF_NO_ANSWER)
        )


def unanswered(probes: Iterable[Probe]) -> str | None:
    """Why ``probes`` tell nothing of what the server can take: not one answer came; else None."""
    failed: Counter[str] = Counter()
    broken_off = 0
    for probe in probes:
        if probe.result.successful_requests:
            return None
        failed.update(probe.result.errors)
        broken_off += probe.result.broken_off_requests
    if broken_off:
        failed["broken off"] = broken_off
    if not failed:
        return "no request was due: longer runs (--duration) are needed, or a higher rate"
    told = ", ".join(f"{kind} {count:,}" for kind, count in failed.most_common())
    return f"no request was answered: {told}"
