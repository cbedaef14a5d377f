"""How much is asked at a time, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Final

from modelforge.benchmark.arrivals import Arrivals, before, require_worker, share
from modelforge.benchmark.varying import Ramp, Steps
from modelforge.core.errors import UsageError
from modelforge.core.numbers import MOST_THINGS, require_count, require_seconds

WARM_UP_FROM: Final = 1 << 40
"""Warm-up requests are numbered from here: what they ask is asked by no measured request."""

_BRIEF_REQUESTS: Final = 50
_BRIEF_S: Final = 5.0
"""What is asked, and for how long, of a server that has answered nothing yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedLoop:
    """``concurrency`` clients; each asks, waits for the answer, thinks, and asks again.

    The load falls when the server slows down: see ``OpenLoop``.

    Raises:
        UsageError: the concurrency is below 1 or the think time below 0.
    """

    concurrency: int
    think_s: float = 0.0

    def __post_init__(self) -> None:
        require_count("the concurrency", self.concurrency, 1, most=MOST_THINGS)
        require_seconds("the think time", self.think_s, zero=True)

    @property
    def finite(self) -> bool:
        """Whether the load ends by itself."""
        return False

    @property
    def description(self) -> str:
        """What it is, in a few words for a report."""
        thinking = f", {self.think_s:g} s of thinking" if self.think_s else ""
        return f"closed loop, concurrency {self.concurrency}{thinking}"

    def clients(self, *, worker: int, workers: int) -> int:
        """How many of the clients are this worker's; those of all workers add up.

        Raises:
            UsageError: ``worker`` is none of ``workers``.
        """
        require_worker(worker, workers)
        return len(range(worker, self.concurrency, workers))

    def indices(self, limits: Limits, *, worker: int, workers: int) -> Iterator[int]:
        """The requests of this worker, in the order in which its clients take them.

        All workers together take each request once, each worker as many as it has clients for.

        Raises:
            UsageError: ``worker`` is none of ``workers``.
        """
        require_worker(worker, workers)
        concurrency = self.concurrency
        taken = (
            first + client
            for first in count(0, concurrency)
            for client in range(worker, concurrency, workers)
        )
        if limits.requests is None:
            return taken if worker < concurrency else iter(())
        whole, rest = divmod(limits.requests, concurrency)
        own = whole * len(range(worker, concurrency, workers)) + len(range(worker, rest, workers))
        return islice(taken, own)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenLoop:
    """Requests are due when ``arrivals`` says, however many are unanswered.

    This is how independent users behave, and what shows a server's queue: a stall delays all that
    was due during it, where a closed loop would have waited politely.
    """

    arrivals: Arrivals

    @property
    def finite(self) -> bool:
        """Whether the load ends by itself."""
        return self.arrivals.finite

    @property
    def lasts_s(self) -> float | None:
        """How long the arrivals last, whenever the last of them comes; None: that is not said."""
        match self.arrivals:
            case Steps(steps=steps):
                return sum(for_s for _, for_s in steps)
            case Ramp(to_rate=0, over_s=over_s):
                return over_s
        return None

    @property
    def description(self) -> str:
        """What it is, in a few words for a report."""
        return f"open loop, {self.arrivals.description}"

    def schedule(self, limits: Limits, *, seed: int, worker: int = 0, workers: int = 1) -> Schedule:
        """This worker's requests within ``limits``.

        Raises:
            UsageError: ``seed`` is negative or ``worker`` is none of ``workers``.
        """
        require_worker(worker, workers)
        due_s = self.arrivals.due_s(seed)
        timed = self.lasts_s is not None and limits.duration_s is not None
        return Schedule(due_s, limits, timed=timed, share_of=(worker, workers))


class Schedule:
    """(index, due in seconds from the start) of one worker's requests, one after the other.

    Attributes:
        complete: there are no more, since the number of requests was reached or a recording has
            ended. Where there are no more and it is false, time is up, or will be.

    Args:
        due_s: of all workers.
        limits: of the run.
        timed: the load has a time of its own, at the end of which nothing need come, and ``limits``
            know it.
        share_of: which worker, and of how many.
    """

    def __init__(
        self, due_s: Iterator[float], limits: Limits, *, timed: bool, share_of: tuple[int, int]
    ) -> None:
        self.complete = False
        self._timed = timed
        self._exhausted = False
        within = self._noting_the_end(islice(self._noting_the_last(due_s), limits.requests))
        if limits.duration_s is not None:
            within = before(within, limits.duration_s)
        worker, workers = share_of
        self._own = share(within, worker=worker, workers=workers)

    def __iter__(self) -> Schedule:
        """Itself."""
        return self

    def __next__(self) -> tuple[int, float]:
        """The next request."""
        return next(self._own)

    def _noting_the_last(self, due_s: Iterator[float]) -> Iterator[float]:
        yield from due_s
        self._exhausted = True

    def _noting_the_end(self, due_s: Iterator[float]) -> Iterator[float]:
        yield from due_s
        self.complete = not (self._exhausted and self._timed)


Load = ClosedLoop | OpenLoop


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """When a run ends, and what of it is measured.

    No request is begun after ``duration_s``, nor after ``requests`` were begun: the first of both
    ends the run. A conversation counts once, however many turns it has. Before the start
    ``warmup_requests`` are asked and not measured. After the end, what is in flight may finish
    for ``cooldown_s``, unless ``discard_in_flight`` abandons it at once.

    Raises:
        UsageError: a limit is not above 0, or the warm-up or the cool-down is below 0.
    """

    duration_s: float | None = None
    requests: int | None = None
    warmup_requests: int = 5
    cooldown_s: float = 30.0
    discard_in_flight: bool = False

    def __post_init__(self) -> None:
        if self.duration_s is not None:
            require_seconds("the duration", self.duration_s)
        if self.requests is not None:
            require_count("the number of requests", self.requests, 1, most=MOST_THINGS)
        require_count("the number of warm-up requests", self.warmup_requests, 0, most=MOST_THINGS)
        require_seconds("the cool-down", self.cooldown_s, zero=True)

    def require_end(self, load: Load) -> None:
        """Refuse a run that would never end.

        Raises:
            UsageError: neither limit is given and ``load`` has no end of its own.
        """
        if self.duration_s is None and self.requests is None and not load.finite:
            raise UsageError("the run would never end: give a duration or a number of requests")

    @property
    def briefly(self) -> Limits:
        """For a server that answers nothing: enough to see how it fails."""
        return replace(
            self,
            requests=min(self.requests or _BRIEF_REQUESTS, _BRIEF_REQUESTS),
            duration_s=min(self.duration_s or _BRIEF_S, _BRIEF_S),
        )

    @property
    def warm_up(self) -> range:
        """The indices of the warm-up requests."""
        return range(WARM_UP_FROM, WARM_UP_FROM + self.warmup_requests)
