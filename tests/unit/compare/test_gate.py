"""The width of a provider and the gate before it, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelforge.compare.gate import Gate
from modelforge.compare.width import AdaptiveWidth
from modelforge.core.errors import RateLimited, ServerFailed
from tests.unit.compare.virtual_time import run_virtually

Clock = Callable[[], float]


def test_a_burst_of_refusals_halves_once() -> None:
    width = AdaptiveWidth(32)
    for _ in range(10):
        width.refused(0)
    assert (width.width, width.round) == (16, 1)
    width.refused(1)
    assert width.width == 8


def test_it_grows_by_one_after_as_many_successes_as_it_is_wide() -> None:
    width = AdaptiveWidth(4)
    width.refused(0)
    grown = []
    for _ in range(8):
        width.succeeded(1)
        grown.append(width.width)
    assert grown == [2, 3, 3, 3, 4, 4, 4, 4]


@given(limit=st.integers(1, 100), refused=st.lists(st.booleans(), max_size=300))
def test_the_width_stays_within_its_limits(limit: int, refused: list[bool]) -> None:
    width = AdaptiveWidth(limit)
    for was_refused in refused:
        before = width.width
        if was_refused:
            width.refused(width.round)
            assert width.width == max(1, before // 2)
        else:
            width.succeeded(width.round)
            assert before <= width.width <= min(limit, before + 1)


def test_nothing_passes_while_the_provider_has_asked_to_wait() -> None:
    passed: list[float] = []

    async def main(clock: Clock) -> None:
        gate = Gate(4, clock=clock)
        start_s = clock()
        first = await gate.enter(patience_s=60)
        first.end(ServerFailed("503", retry_after_s=5))

        async def late() -> None:
            turn = await gate.enter(patience_s=60)
            passed.append(clock() - start_s)
            turn.end(None)

        await asyncio.gather(*(late() for _ in range(3)))

    run_virtually(main)
    assert passed == pytest.approx([5, 5, 5])


def test_who_asked_first_goes_first_also_when_asking_again() -> None:
    order: list[str] = []

    async def main(clock: Clock) -> None:
        gate = Gate(2, clock=clock)
        older, younger = await gate.enter(patience_s=9), await gate.enter(patience_s=9)
        younger.leave(RateLimited("429", retry_after_s=1))  # the width is now 1
        older.leave(ServerFailed("500"))

        async def again(turn: object, name: str) -> None:
            await turn.again(patience_s=9)  # type: ignore[attr-defined]
            order.append(name)
            await asyncio.sleep(1)
            turn.end(None)  # type: ignore[attr-defined]

        await asyncio.gather(again(younger, "younger"), again(older, "older"))

    run_virtually(main)
    assert order == ["older", "younger"]


def test_a_wait_beyond_patience_is_refused_at_once_also_in_the_queue() -> None:
    async def main(clock: Clock) -> None:
        gate = Gate(1, clock=clock)
        start_s = clock()
        turn = await gate.enter(patience_s=10)
        turn.leave(RateLimited("429", retry_after_s=5))
        queued = asyncio.create_task(turn.again(patience_s=10))
        await asyncio.sleep(0)
        gate._hold(86400)
        with pytest.raises(RateLimited, match="86,400"):
            await queued
        turn.end(None)
        with pytest.raises(RateLimited):
            await gate.enter(patience_s=10)
        assert clock() == start_s
        with pytest.raises(RateLimited):  # and its place was given back
            await gate.enter(patience_s=10)

    run_virtually(main)


@given(
    limit=st.integers(1, 5),
    plan=st.lists(
        st.tuples(
            st.floats(0, 3), st.sampled_from(["ok", "429", "500", "cancel"]), st.integers(0, 3)
        ),
        min_size=1,
        max_size=25,
    ),
)
@example(  # refused in the very moment in which another was let through
    limit=4,
    plan=[(0.0, "ok", 0), (0.0, "429", 0), (1.0, "ok", 0), (1.0, "429", 1), (0.0, "ok", 0)],
)
def test_whoever_comes_and_goes_the_gate_never_jams_and_never_overfills(
    limit: int, plan: list[tuple[float, str, int]]
) -> None:
    async def main(clock: Clock) -> None:
        gate = Gate(limit, clock=clock)
        sent = 0
        held_until_s = 0.0

        async def one(took_s: float, end: str, wait_s: int) -> None:
            nonlocal sent, held_until_s
            turn = await gate.enter(patience_s=1000)
            sent += 1
            assert sent <= limit
            assert clock() >= held_until_s - 1e-6
            await asyncio.sleep(took_s)
            sent -= 1
            if end == "429":
                held_until_s = max(held_until_s, clock() + wait_s)
                turn.end(RateLimited("429", retry_after_s=wait_s))
            else:
                turn.end(ServerFailed("500") if end == "500" else None)

        async def cancelled(after_s: float) -> None:
            try:
                async with asyncio.timeout(after_s):
                    turn = await gate.enter(patience_s=1000)
                turn.end(None)
            except TimeoutError:
                pass

        await asyncio.wait_for(
            asyncio.gather(
                *(cancelled(s) if end == "cancel" else one(s, end, w) for s, end, w in plan)
            ),
            timeout=10_000,
        )
        assert gate._sent == 0
        assert gate._places._value == limit

    run_virtually(main)


def test_what_was_not_sent_says_nothing_of_the_width() -> None:
    async def main(clock: Clock) -> list[int]:
        gate = Gate(4, clock=clock)
        (await gate.enter(patience_s=60)).end(RateLimited("429"))
        widths = []
        for sent in (False, False, False, True, True):
            (await gate.enter(patience_s=60)).end(None, sent=sent)
            widths.append(gate.width)
        return widths

    assert run_virtually(main) == [2, 2, 2, 2, 3]
