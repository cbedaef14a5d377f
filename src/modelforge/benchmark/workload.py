"""What is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from modelforge.core.prompt import Prompt


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One request.

    Attributes:
        prompt: the conversation to continue.
        source: where it comes from, in a report's words.
        max_tokens: the most the answer may have; None leaves it to the server.
        ignore_eos: the answer is to have exactly ``max_tokens`` tokens. It is a wish: servers that
            know ``ignore_eos`` and ``min_tokens`` follow it, the others stop where they like.
        input_tokens: how many the prompt was made to have; None where it was not made.
        turn: 0 for the first request of a conversation, 1 for its second, …
        more: the answer's text is needed, for the next turn is made of it.
        think_s: how long after the previous turn's answer this one is due.
    """

    prompt: Prompt
    source: str
    max_tokens: int | None = None
    ignore_eos: bool = False
    input_tokens: int | None = None
    turn: int = 0
    more: bool = False
    think_s: float = 0.0


class Workload(Protocol):
    """Requests by number. It can be pickled, and is the same in every process."""

    def ask(self, index: int) -> Ask:
        """Request ``index`` of the whole run, 0 or above; always the same one."""

    def follow_up(self, index: int, asked: Ask, answer: str) -> Ask | None:
        """The next turn of conversation ``index`` after ``asked`` was answered.

        None where the conversation is over, as it always is where ``asked.more`` is false.
        """
