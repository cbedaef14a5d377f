"""Money set aside before it is spent, so that a limit holds whatever the answers turn out to be."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from modelforge.core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    ModelForgeError,
    NotRecorded,
    RateLimited,
    RequestRefused,
)
from modelforge.core.generation import Generation
from modelforge.core.prompt import ImagePart, Prompt
from modelforge.core.usage import Usage
from modelforge.pricing.charge import charge_reported
from modelforge.pricing.tariff import NoTariff, Rates, Terms

_MARKS_A_MESSAGE: Final = 16
_MARKS_A_REQUEST: Final = 64
_PER_TOKEN: Final = Decimal("1e-6")
_UNBILLED: Final = (
    AuthenticationFailed,
    ConnectionFailed,
    NotRecorded,
    RateLimited,
    RequestRefused,
)
"""What a provider refuses before it generates anything, and so does not bill."""


def most_prompt_tokens(prompt: Prompt, generation: Generation) -> int | None:
    """More tokens than ``prompt`` can have; None where it holds a picture, which has no such bound.

    No tokenizer in use makes more tokens of a text than it has bytes in UTF-8. The marks that a
    chat template puts around messages, and a system prompt of its own, are taken as 16 tokens a
    message and 64 a request. Tools, a schema and a server's own settings count by their bytes too.
    """
    texts = 0
    for message in prompt.messages:
        if any(isinstance(part, ImagePart) for part in message.parts):
            return None
        calls = "".join(f"{call.name}{call.arguments}" for call in message.tool_calls)
        texts += len(f"{message.text}{calls}".encode("utf-8", "surrogatepass"))
    settings = (generation.tools, generation.json_schema, generation.extra)
    texts += sum(len(repr(value).encode()) for value in settings if value)
    return texts + _MARKS_A_MESSAGE * len(prompt.messages) + _MARKS_A_REQUEST


@dataclass(frozen=True, kw_only=True, slots=True)
class MostCost:
    """The most that tokens can cost, US dollars a token and a request, whatever part they are."""

    prompt_token: Decimal
    completion_token: Decimal
    request: Decimal

    @classmethod
    def of(cls, terms: Terms) -> MostCost | None:
        """By the dearest rates of any tier; None where no price is known."""
        if isinstance(terms, NoTariff):
            return None
        every = [terms.rates, *(tier.rates for tier in terms.tiers)]
        prompt = [_dearest(rates, _PROMPT_PARTS) for rates in every]
        completion = [_dearest(rates, _COMPLETION_PARTS) for rates in every]
        if None in prompt or None in completion:
            return None
        return cls(
            prompt_token=max(rate for rate in prompt if rate is not None) * _PER_TOKEN,
            completion_token=max(rate for rate in completion if rate is not None) * _PER_TOKEN,
            request=terms.request_fee,
        )

    def usd(self, *, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """The most that one request of so many tokens can cost."""
        return (
            prompt_tokens * self.prompt_token
            + completion_tokens * self.completion_token
            + self.request
        )


_PROMPT_PARTS: Final = ("input", "cache_read", "cache_write_5m", "cache_write_1h")
_COMPLETION_PARTS: Final = ("output", "reasoning")


def _dearest(rates: Rates, parts: tuple[str, ...]) -> Decimal | None:
    """The highest known rate of ``parts``; None where the first of them has none."""
    known = [rate for part in parts if (rate := getattr(rates, part)) is not None]
    return None if getattr(rates, parts[0]) is None else max(known)


class Price:
    """What requests to one model can cost at most, and did cost.

    Args:
        terms: the model's price.
        generation: how it is asked.
    """

    def __init__(self, terms: Terms, generation: Generation) -> None:
        self._terms = terms
        self._generation = generation
        self._most = MostCost.of(terms)

    @property
    def doubt(self) -> str | None:
        """Why a limit cannot be promised, if it cannot."""
        if isinstance(self._terms, NoTariff):
            return self._terms.reason
        if self._most is None:
            return "a rate of it is not known"
        return None

    def most(self, prompt: Prompt, max_tokens: int | None) -> Decimal | None:
        """The most that a request can cost; None where that is not known."""
        max_tokens = max_tokens or self._generation.max_tokens
        prompt_tokens = most_prompt_tokens(prompt, self._generation)
        if self._most is None or max_tokens is None or prompt_tokens is None:
            return None
        return self._most.usd(prompt_tokens=prompt_tokens, completion_tokens=max_tokens)

    def spent(
        self, usage: Usage | None, error: ModelForgeError | None, most: Decimal | None
    ) -> Decimal:
        """What a request is taken to have cost: as reported, and else the most it can have."""
        dropped = isinstance(error, ConnectionFailed) and error.dropped
        if isinstance(error, _UNBILLED) and not dropped:
            return Decimal(0)
        if usage is not None:
            cost = charge_reported(usage, self._terms).full_cost
            if cost is not None:
                return cost.usd
        return most or Decimal(0)


class Allowance:
    """A limit, what was spent of it, and what is set aside for requests under way."""

    def __init__(self, limit_usd: Decimal) -> None:
        self.limit_usd = limit_usd
        self.spent_usd = Decimal(0)
        self.reserved_usd = Decimal(0)

    def reserve(self, most_usd: Decimal | None) -> bool:
        """Set aside the most that a request can cost; False, and nothing is set aside, where that
        might pass the limit. Of a request whose most is not known (None) nothing can be set aside:
        it may be sent until what was spent reaches the limit.
        """
        if most_usd is None:
            return self.spent_usd + self.reserved_usd < self.limit_usd
        if self.spent_usd + self.reserved_usd + most_usd > self.limit_usd:
            return False
        self.reserved_usd += most_usd
        return True

    def settle(self, most_usd: Decimal | None, spent_usd: Decimal) -> None:
        """A request that was set ``most_usd`` aside for is over and cost ``spent_usd``."""
        self.reserved_usd -= most_usd or Decimal(0)
        self.spent_usd += spent_usd

    @property
    def reached(self) -> str:
        """That no further request may be sent, in words."""
        return (
            f"the limit of ${self.limit_usd:f} leaves no room for another request:"
            f" ${self.spent_usd:f} is spent"
        )
