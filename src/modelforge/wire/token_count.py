"""How many tokens events bring."""

from __future__ import annotations

from collections.abc import Sequence

from modelforge.core.events import (
    ChatEvent,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    UsageReport,
)
from modelforge.core.usage import Usage


class TokenCount:
    """Counts pieces of text, reasoning, refusal and tool calls; keeps the usage.

    Args:
        keep_text: keep the text too, however long it gets.
    """

    def __init__(self, *, keep_text: bool = True) -> None:
        self._keep_text = keep_text
        self.tokens = 0
        self.reasoning_tokens = 0
        self.usage: Usage | None = None
        self._text: list[str] = []

    @property
    def text(self) -> str:
        """The answer, or the words that decline it."""
        return "".join(self._text)

    def thinks_on(self, events: Sequence[ChatEvent]) -> bool:
        """Whether nothing but reasoning came, and ``events``, to be counted next, begin with it."""
        if self.tokens != self.reasoning_tokens:
            return False
        tokens = (event for event in events if not isinstance(event, UsageReport | Finish))
        return isinstance(next(tokens, None), ReasoningDelta)

    def add(self, events: Sequence[ChatEvent]) -> int:
        """Count ``events``; how many of them are tokens."""
        tokens = 0
        for event in events:
            match event:
                case UsageReport():
                    self.usage = event.usage
                case Finish():
                    pass
                case _:
                    tokens += 1
                    if isinstance(event, ReasoningDelta):
                        self.reasoning_tokens += 1
                    elif self._keep_text and isinstance(event, TextDelta | RefusalDelta):
                        self._text.append(event.text)
        self.tokens += tokens
        return tokens
