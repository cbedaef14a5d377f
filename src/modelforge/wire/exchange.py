"""One request on its way, and what the client tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask
from modelforge.wire.reading import Reading


@dataclass(kw_only=True, slots=True)
class Exchange:
    """A request and its moments, in nanoseconds of the monotonic clock.

    Attributes:
        index: its number in the whole run.
        phase: what part of the run it belongs to.
        stream: which of a closed loop's streams sent it; -1: none.
        ask: what is asked.
        due_ns: when it should be sent.
        sent_ns: when it was; 0 before.
        opening_ns: since when it waits for a connection that is opened for it, or for another to be
            free meanwhile; 0: it does not.
        over_ns: since when its answer is taken to be complete, where the last byte did not say so;
            0: it did.
        reused: it went out on a connection that had served another.
        urgent: its answer is to be read as soon as it is complete.
        ended: its answer is complete, whether or not it has been read.
    """

    index: int
    phase: Phase
    ask: Ask
    stream: int = -1
    due_ns: int = 0
    sent_ns: int = 0
    opening_ns: int = 0
    over_ns: int = 0
    reused: bool = False
    ended: bool = False
    urgent: bool = False


class Ended(Protocol):
    """Told when an answer was complete that will be read later."""

    def __call__(self, exchange: Exchange, /, *, done_ns: int) -> None: ...


class Finished(Protocol):
    """Told once of each exchange: what was read, when its last byte came, how many bytes."""

    def __call__(
        self, exchange: Exchange, reading: Reading, /, *, done_ns: int, received: int
    ) -> None: ...


class Sender(Protocol):
    """Sends exchanges; `wire.client` at wire speed, `wire.port_client` through any chat model."""

    @property
    def in_flight(self) -> int:
        """How many requests are sent, or wait to be."""
        ...

    async def open(self, connections: int) -> None:
        """Open so many connections before the clock starts.

        Raises:
            RequestError: the server cannot be reached.
        """
        ...

    def prepare(self, ask: Ask) -> int:
        """Do what can be done before it is sent; returns how many bytes are kept for it."""
        ...

    def send(self, exchange: Exchange) -> None:
        """Send it now."""
        ...

    def abandon(self) -> None:
        """Break off what is in flight; each is told as `Interrupted`."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...
