"""Conversations whose next question contains the previous answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelforge.benchmark.fixed_prompts import Order, place_in, require_order
from modelforge.benchmark.workload import Ask
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_count, require_seconds
from modelforge.core.prompt import Message, Prompt


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """What a user says, turn by turn; ``system`` is said before the first.

    Raises:
        UsageError: there is no turn, or one is empty.
    """

    turns: tuple[str, ...]
    system: str | None = None

    def __post_init__(self) -> None:
        if not self.turns or not all(self.turns):
            raise UsageError("a conversation needs turns that are not empty")


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversations:
    """Conversations, each turn asked when the one before was answered.

    The messages of a turn are those of the turn before, the real answer to it, and the next thing
    the user says. A conversation that fails is over. Request ``index`` is a whole conversation.

    Attributes:
        scripts: at least one.
        order: ``cyclic``, or ``shuffled`` anew by ``seed`` for each round.
        think_s: how long the user takes between an answer and the next turn.
        max_tokens: the most an answer may have; None leaves it to the server.

    Raises:
        UsageError: there is no script, the order is unknown, the seed or ``think_s`` is negative,
            or ``max_tokens`` is below 1.
    """

    scripts: tuple[Script, ...] = field(repr=False)
    order: Order = "cyclic"
    seed: int = 0
    think_s: float = 0.0
    max_tokens: int | None = None
    source: str = "conversations"

    def __post_init__(self) -> None:
        if not self.scripts:
            raise UsageError(f"{self.source}: there is no conversation to hold")
        require_order(self.order)
        require_count("the seed", self.seed, 0)
        require_seconds("the think time", self.think_s, zero=True)
        if self.max_tokens is not None:
            require_count("max_tokens", self.max_tokens, 1)

    def ask(self, index: int) -> Ask:
        """The first turn of conversation ``index``."""
        script = self._script(index)
        prompt = Prompt.of(script.turns[0], system=script.system)
        return Ask(
            prompt=prompt,
            source=self.source,
            max_tokens=self.max_tokens,
            more=len(script.turns) > 1,
        )

    def follow_up(self, index: int, asked: Ask, answer: str) -> Ask | None:
        """The turn after ``asked``, which was answered with ``answer``."""
        turns, turn = self._script(index).turns, asked.turn + 1
        if turn >= len(turns):
            return None
        said = (
            Message(role="assistant", content=answer),
            Message(role="user", content=turns[turn]),
        )
        return Ask(
            prompt=Prompt(messages=asked.prompt.messages + said),
            source=self.source,
            max_tokens=self.max_tokens,
            turn=turn,
            more=turn + 1 < len(turns),
            think_s=self.think_s,
        )

    def _script(self, index: int) -> Script:
        return self.scripts[place_in(self.order, index, len(self.scripts), self.seed)]
