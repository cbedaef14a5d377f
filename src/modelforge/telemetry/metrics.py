"""What a callback has seen so far."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenUsage:
    """Tokens over all answered calls, as the servers counted them.

    A count is None when an answered call came without it, or when nothing was answered: it is
    unknown then, not zero. ``note`` says why.
    ``cached_tokens`` are part of the prompt's, ``reasoning_tokens`` of the completion's.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    note: str | None = None

    @property
    def total_tokens(self) -> int | None:
        """Prompt and completion together, or None when either is unknown."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class TelemetryMetrics:
    """A moment's view of a callback.

    Attributes:
        calls: calls that ended, well or not.
        failed_calls: those that ended in an error or were given up.
        token_usage: tokens of the answered calls.
        first_token_s: start to first token of the call that ended last; None when it did not
            stream or brought no token.
        duration_s: start to end of the call that ended last.
        estimated_cost: US dollars of the answered calls; None when one has no price.
        cost_note: why there is no cost, or what it leaves out.
        error: what the call that ended last failed with, after the error's name.
    """

    calls: int = 0
    failed_calls: int = 0
    token_usage: TokenUsage = TokenUsage()
    first_token_s: float | None = None
    duration_s: float | None = None
    estimated_cost: Decimal | None = None
    cost_note: str | None = None
    error: str | None = None
