"""Requests composed before they are due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.workload import Ask
from modelforge.core.prompt import Prompt
from modelforge.wire.ahead import Ahead
from modelforge.wire.request_writer import RequestWriter
from tests.support.wire import target_at


class Composer:
    """An `Ahead` over ``count`` arrivals, and the numbers that it composed."""

    def __init__(self, count: int, size: int = 0) -> None:
        self.size = size
        self.composed: list[int] = []
        self.ahead = Ahead(((index * 3, index / 2) for index in range(count)), self._compose)

    def _compose(self, index: int) -> tuple[Ask, int]:
        self.composed.append(index)
        return Ask(prompt=Prompt.of(f"request {index}"), source="test"), self.size


@given(count=st.integers(0, 100), moves=st.lists(st.sampled_from(["compose", "arrive", "ask"])))
def test_whatever_is_done_when_each_is_composed_once_and_in_order(
    count: int, moves: list[str]
) -> None:
    composer = Composer(count)
    ahead = composer.ahead
    arrived: list[tuple[int, float]] = []
    asked: list[str] = []
    for move in [*moves, *["arrive", "ask"] * (count + 1)]:
        if move == "compose":
            ahead.compose_one()
        elif move == "arrive" and (arrival := next(ahead, None)) is not None:
            arrived.append(arrival)
        elif move == "ask" and len(asked) < len(arrived):
            asked.append(ahead.ask(arrived[len(asked)][0]).prompt.text)
    assert arrived == [(index * 3, index / 2) for index in range(count)]
    assert asked == [f"request {index * 3}" for index in range(count)]
    assert composer.composed == [index * 3 for index in range(count)]


def test_it_looks_no_further_than_needed() -> None:
    composer = Composer(1000)
    while composer.ahead.compose_one():
        pass
    assert len(composer.composed) == 64
    assert next(composer.ahead) == (0, 0.0)
    composer.ahead.ask(0)
    assert composer.ahead.compose_one()
    assert composer.composed[-1] == 64 * 3
    assert not composer.ahead.compose_one()


def test_large_requests_are_kept_until_they_are_sent() -> None:
    writer = RequestWriter(target_at("http://127.0.0.1:9"))
    composed: dict[int, bytes] = {}

    def compose(index: int) -> tuple[Ask, int]:
        ask = Ask(prompt=Prompt.of("x" * 2**20), source="test")
        composed[index] = writer.request(ask)
        return ask, len(composed[index])

    ahead = Ahead(((index, float(index)) for index in range(80)), compose)
    for index, _due_s in ahead:
        while ahead.compose_one():
            pass
        assert writer.request(ahead.ask(index)) is composed.pop(index)
