"""Sums over calls that never take the unknown for nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from modelforge.core.usage import Usage
from modelforge.pricing.charge import Charge
from modelforge.telemetry.metrics import TokenUsage

_NOTHING: Final = "no call has been answered yet"
_NO_USAGE: Final = "no token usage"


class Tally:
    """Tokens and dollars of answered calls."""

    def __init__(self) -> None:
        self.failed = 0
        self._answered = 0
        self._prompt = _Sum()
        self._completion = _Sum()
        self._cached = _Sum()
        self._reasoning = _Sum()
        self._usd = Decimal(0)
        self._unpriced = 0
        self._reason: str | None = None

    @property
    def calls(self) -> int:
        """Calls that ended."""
        return self._answered + self.failed

    def add(self, usage: Usage, charge: Charge) -> None:
        """An answered call."""
        self._answered += 1
        self._prompt.add(usage.prompt_tokens)
        self._completion.add(usage.completion_tokens)
        self._cached.add(usage.cached_tokens)
        self._reasoning.add(usage.reasoning_tokens)
        if charge.full_cost is None:
            self._unpriced += 1
            self._reason = charge.note
        else:
            self._usd += charge.full_cost.usd

    def token_usage(self) -> TokenUsage:
        """The sums, with a note on what is unknown."""
        missing = max(self._prompt.missing, self._completion.missing)
        note = None
        if not self._answered:
            note = _NOTHING
        elif missing:
            note = f"{missing} of {self._answered} answered calls reported {_NO_USAGE}"
        elif left_out := self._uncounted():
            note = left_out
        return TokenUsage(
            prompt_tokens=self._prompt.value,
            completion_tokens=self._completion.value,
            cached_tokens=self._cached.value,
            reasoning_tokens=self._reasoning.value,
            note=note,
        )

    def _uncounted(self) -> str | None:
        """Of answered calls whose tokens are known, which part of them is not."""
        parts = {"cached": self._cached.missing, "reasoning": self._reasoning.missing}
        missing = {name: calls for name, calls in parts.items() if calls}
        if not missing:
            return None
        calls = f"{max(missing.values())} of {self._answered} answered calls"
        return f"{calls} did not count {' or '.join(missing)} tokens"

    def cost(self) -> tuple[Decimal | None, str | None]:
        """Dollars, and what must be said about them."""
        if not self._answered:
            return None, _NOTHING
        if self._unpriced == self._answered:
            return None, self._reason
        if self._unpriced:
            return None, f"{self._unpriced} of {self._answered} answered calls: {self._reason}"
        left_out = f"without {self.failed} failed calls, whose usage is unknown"
        return self._usd, left_out if self.failed else None


class _Sum:
    """A sum that is unknown as soon as one part of it is."""

    def __init__(self) -> None:
        self.missing = 0
        self._parts = 0
        self._total = 0

    def add(self, part: int | None) -> None:
        self._parts += 1
        if part is None:
            self.missing += 1
        else:
            self._total += part

    @property
    def value(self) -> int | None:
        return self._total if self._parts and not self.missing else None
