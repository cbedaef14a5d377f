"""What follows a complete answer, and its reading, wait for segments."""

from __future__ import annotations

import asyncio

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask
from modelforge.core.prompt import Prompt
from modelforge.wire.backlog import Backlog, Unread
from modelforge.wire.connection import WireConnection
from modelforge.wire.exchange import Exchange
from modelforge.wire.reading import Segments

TELLING_NS, READING_NS = 60_000, 50_000


class Kept:
    """A backlog whose clock goes on with its work, and what it did in each turn of the loop."""

    def __init__(self, answers: int, *, received: int = 100, pieces: int = 2) -> None:
        self.told: list[int] = []
        self.read: list[int] = []
        self._now_ns = 0
        self.backlog = Backlog(self._tell, self._read, clock=lambda: self._now_ns)
        for number in range(answers):
            self.backlog.add(answer(number, received, pieces))

    def _tell(self, unread: Unread) -> None:
        self.told.append(unread.exchange.index)
        self._now_ns += TELLING_NS

    def _read(self, unread: Unread) -> None:
        assert unread.exchange.index in self.told
        self.read.append(unread.exchange.index)
        self._now_ns += READING_NS

    async def turns(self) -> list[tuple[int, int]]:
        """How many were told of and read, turn by turn, until a turn does nothing."""
        turns: list[tuple[int, int]] = []
        before = (0, 0)
        while True:
            await asyncio.sleep(0)
            now = (len(self.told), len(self.read))
            if now == before:
                return turns
            turns.append((now[0] - before[0], now[1] - before[1]))
            before = now


def answer(number: int, received: int, pieces: int) -> Unread:
    ask = Ask(prompt=Prompt.of("Hi"), source="test")
    return Unread(
        connection=object.__new__(WireConnection),
        exchange=Exchange(index=number, phase=Phase.MEASURED, ask=ask),
        segments=Segments(pieces=[b""] * pieces, stamps_ns=[1] * pieces),
        received=received,
    )


async def test_a_turn_lasts_a_fraction_of_a_millisecond() -> None:
    kept = Kept(10)
    assert (kept.told, kept.read) == ([], [])
    # 0.2 ms: what follows goes out first, and one is read whatever the time.
    assert await kept.turns() == [(4, 1), (4, 1), (2, 2), (0, 4), (0, 2)]
    assert kept.told == kept.read == [*range(10)]


async def test_a_turn_lasts_longer_where_answers_come_whole() -> None:
    kept = Kept(20, pieces=1)
    # A millisecond: no token of theirs was waited for.
    assert await kept.turns() == [(17, 1), (3, 17), (0, 2)]


async def test_many_bytes_are_read_whatever_the_time() -> None:
    kept = Kept(16, received=2**20)
    # Of more than 8 MiB all that were told of, up to eight.
    assert await kept.turns() == [(4, 4), (4, 4), (4, 1), (4, 1), (0, 4), (0, 2)]
    assert kept.read == [*range(16)]


async def test_of_many_bytes_no_more_is_told_of_than_read() -> None:
    kept = Kept(40, received=2**20, pieces=1)
    assert await kept.turns() == [(17, 17), (17, 17), (6, 6)]


async def test_no_more_is_kept_than_is_bounded() -> None:
    kept = Kept(50, received=2**20)
    assert (await kept.turns())[0] == (18, 18)  # of 32 MiB none is too much


async def test_all_that_is_left_is_told_of_and_read_at_once() -> None:
    kept = Kept(10)
    await asyncio.sleep(0)
    kept.backlog.read_all()
    assert kept.told == kept.read == [*range(10)]
    assert await kept.turns() == [(10, 10)]
