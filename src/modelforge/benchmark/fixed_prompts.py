"""Prompts that are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from modelforge.benchmark.workload import Ask
from modelforge.core.draw import source_of
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_count
from modelforge.core.prompt import Prompt

Order = Literal["cyclic", "shuffled"]


def place_in(order: Order, index: int, count: int, seed: int) -> int:
    """Which of ``count`` items request ``index`` takes: each once a round, rounds without end.

    ``cyclic`` rounds are in the order of the items, ``shuffled`` ones each in another order.
    """
    around, place = divmod(index, count)
    return place if order == "cyclic" else _round(seed, around, count)[place]


def require_order(order: str) -> None:
    """Refuse what is no ``Order``.

    Raises:
        UsageError: it is none.
    """
    if order not in ("cyclic", "shuffled"):
        raise UsageError(f"{order!r} is no order of prompts: use cyclic or shuffled")


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedPrompts:
    """Prompts of the user's own, one after the other, again from the first after the last.

    A server with a prefix cache answers a repeated prompt faster than its first time.

    Attributes:
        prompts: at least one.
        order: ``cyclic``, or ``shuffled`` anew by ``seed`` for each round.
        max_tokens: the most an answer may have; None leaves it to the server.
        ignore_eos: ask for exactly ``max_tokens`` tokens.

    Raises:
        UsageError: there is no prompt, the order is unknown, the seed is negative, ``max_tokens``
            is below 1, or ``ignore_eos`` is set without it.
    """

    prompts: tuple[Prompt, ...] = field(repr=False)
    order: Order = "cyclic"
    seed: int = 0
    max_tokens: int | None = None
    ignore_eos: bool = False
    source: str = "prompts"
    _asks: tuple[Ask, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.prompts:
            raise UsageError(f"{self.source}: there is no prompt to ask")
        require_order(self.order)
        require_count("the seed", self.seed, 0)
        if self.max_tokens is not None:
            require_count("max_tokens", self.max_tokens, 1)
        elif self.ignore_eos:
            raise UsageError("answers of exactly max_tokens need max_tokens")
        asks = (
            Ask(
                prompt=prompt,
                source=self.source,
                max_tokens=self.max_tokens,
                ignore_eos=self.ignore_eos,
            )
            for prompt in self.prompts
        )
        object.__setattr__(self, "_asks", tuple(asks))

    def ask(self, index: int) -> Ask:
        """Request ``index``."""
        return self._asks[place_in(self.order, index, len(self.prompts), self.seed)]

    def follow_up(self, index: int, asked: Ask, answer: str) -> None:
        """Nothing follows."""


@lru_cache(maxsize=8)
def _round(seed: int, number: int, count: int) -> tuple[int, ...]:
    places = list(range(count))
    source_of("order", seed, number, count).shuffle(places)
    return tuple(places)
