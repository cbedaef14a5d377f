"""The tokens that a bill is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

from modelforge.core.errors import UnbillableUsage
from modelforge.core.usage import Usage
from modelforge.pricing.component import INPUT_PARTS, OUTPUT_PARTS, Component

Tokens = int | Decimal
"""Whole where they were counted; a projection's are expected values and may be fractions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BilledUsage:
    """Totals, and their parts named apart: no token is in two parts.

    ``cache_read``, ``cache_write_5m``, ``cache_write_1h`` and ``input_audio`` are inside of
    ``input_total``; ``reasoning`` and ``output_audio`` are inside of ``output_total``. The two
    writes are told apart by how long the cache keeps what was written (5 minutes, 1 hour).

    Raises:
        UnbillableUsage: a count is negative or not a number, or the parts exceed their total.
    """

    input_total: Tokens
    output_total: Tokens
    cache_read: Tokens = 0
    cache_write_5m: Tokens = 0
    cache_write_1h: Tokens = 0
    input_audio: Tokens = 0
    reasoning: Tokens = 0
    output_audio: Tokens = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Tokens = getattr(self, field.name)
            if not Decimal(value).is_finite() or value < 0:
                raise UnbillableUsage(f"{field.name} is {value}: a count of tokens is 0 or more")
        for whole, parts in (("input_total", INPUT_PARTS), ("output_total", OUTPUT_PARTS)):
            total, inside = getattr(self, whole), {part: self.part(part) for part in parts}
            if sum(inside.values()) > total:
                named = " + ".join(f"{part} {count}" for part, count in inside.items() if count)
                raise UnbillableUsage(
                    f"{named} is more than {whole} {total}: {whole} includes its parts"
                )

    def part(self, component: Component) -> Tokens:
        """The tokens of ``component``; of ``input`` and ``output``, what no other part has."""
        if component == "input":
            return self.input_total - sum(self.part(part) for part in INPUT_PARTS)
        if component == "output":
            return self.output_total - sum(self.part(part) for part in OUTPUT_PARTS)
        tokens: Tokens = getattr(self, component)
        return tokens


def billed(usage: Usage) -> BilledUsage:
    """The bill's counts of what a server reported; a part it did not report is none.

    Raises:
        UnbillableUsage: it did not report the totals, or they contradict their parts.
    """
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        raise UnbillableUsage("the server reported no token usage")
    written = usage.cache_write_tokens or 0
    written_1h = usage.cache_write_1h_tokens or 0
    try:
        return BilledUsage(
            input_total=usage.prompt_tokens,
            output_total=usage.completion_tokens,
            cache_read=usage.cached_tokens or 0,
            cache_write_5m=written - written_1h,
            cache_write_1h=written_1h,
            input_audio=usage.input_audio_tokens or 0,
            reasoning=usage.reasoning_tokens or 0,
            output_audio=usage.output_audio_tokens or 0,
        )
    except UnbillableUsage as error:
        raise UnbillableUsage(f"the server's token counts contradict each other: {error}") from None
