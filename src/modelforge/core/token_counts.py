"""How many tokens requests and answers have."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final, Literal, get_args

from modelforge.core.draw import source_of
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between

Law = Literal["fixed", "uniform", "normal", "lognormal"]
LAWS: Final[tuple[Law, ...]] = get_args(Law)
MOST_TOKENS: Final = 10_000_000

_STANDARD: Final = NormalDist()
_BLOCK: Final = 1024  # counts drawn at a time
_SPELLING: Final = re.compile(r"(?:([a-z]+)\(([^(),]+),([^(),]+)\)|(\d+))")
_HOW: Final = "write 512, uniform(100,200), normal(128,32) or lognormal(256,128)"


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenCounts:
    """Numbers of tokens, whole and at least 1.

    - ``fixed``: always ``first``.
    - ``uniform``: each whole number from ``first`` to ``second`` equally often.
    - ``normal``: mean ``first``, standard deviation ``second``, rounded; what falls below 1 is 1.
    - ``lognormal``: mean ``first`` and standard deviation ``second`` of the counts themselves (not
      of their logarithms), rounded; what falls below 1 is 1. With v = 1 + (second / first)²,
      σ² = ln v and μ = ln(first) - σ²/2.

    What is drawn above 10,000,000 is 10,000,000.

    Raises:
        UsageError: the law is unknown, or its numbers are out of range.
    """

    law: Law = "fixed"
    first: float
    second: float = 0.0

    def __post_init__(self) -> None:
        _law(self.law)
        require_between("a number of tokens", self.first, 1, MOST_TOKENS)
        if self.law in ("fixed", "uniform"):
            whole = all(
                math.isfinite(number) and number == int(number)
                for number in (self.first, self.second)
            )
            if not whole:
                raise UsageError(f"{self} is not in whole tokens")
        if self.law == "fixed" and self.second:
            raise UsageError("a fixed number of tokens is one number")
        if self.law == "uniform":
            require_between(
                "the most tokens of a uniform law", self.second, self.first, MOST_TOKENS
            )
        else:
            require_between("a deviation in tokens", self.second, 0, MOST_TOKENS)

    def __str__(self) -> str:
        if self.law == "fixed":
            return f"{self.first:.15g}"
        return f"{self.law}({self.first:.15g},{self.second:.15g})"

    @classmethod
    def parse(cls, text: str) -> TokenCounts:
        """Read ``512``, ``uniform(100,200)``, ``normal(128,32)`` or ``lognormal(256,128)``.

        Raises:
            UsageError: it is none of them.
        """
        found = _SPELLING.fullmatch(text.replace(" ", ""))
        if found is None:
            raise UsageError(f"{text!r} is no number of tokens: {_HOW}")
        law, first, second, fixed = found.groups()
        if fixed is not None:
            return cls(first=_number(fixed, text))
        return cls(law=_law(law), first=_number(first, text), second=_number(second, text))

    def at(self, index: int, *, seed: int, purpose: str) -> int:
        """The count of request ``index``; those of different ``purpose`` are independent."""
        if self.law == "fixed":
            return int(self.first)
        block, place = divmod(index, _BLOCK)
        return _drawn(self, seed, purpose, block)[place]

    def quantile(self, p: float) -> int:
        """The count that a share ``p``, above 0 and below 1, of the requests does not exceed.

        Raises:
            UsageError: ``p`` is out of its range.
        """
        require_between("a quantile", p, 1e-9, 1 - 1e-9)
        first, second = self.first, self.second
        if self.law == "fixed":
            return int(first)
        if self.law == "uniform":
            return min(int(first) + int(p * (second - first + 1)), int(second))
        if not second:
            amount = first
        elif self.law == "normal":
            amount = NormalDist(first, second).inv_cdf(p)
        else:
            mu, sigma = logarithms(first, second)
            amount = math.exp(mu + sigma * _STANDARD.inv_cdf(p))
        return min(max(round(amount), 1), MOST_TOKENS)


def logarithms(mean: float, deviation: float) -> tuple[float, float]:
    """The normal law of the logarithms, where the counts have this mean and deviation."""
    variance = math.log1p((deviation / mean) ** 2)
    return math.log(mean) - variance / 2, math.sqrt(variance)


def _law(name: str) -> Law:
    for law in LAWS:
        if law == name:
            return law
    raise UsageError(f"{name!r} is no law of token counts: {_HOW}")


def _number(digits: str, text: str) -> float:
    try:
        return float(digits)
    except ValueError:
        raise UsageError(f"{text!r} is no number of tokens: {_HOW}") from None


@lru_cache(maxsize=64)
def _drawn(counts: TokenCounts, seed: int, purpose: str, block: int) -> tuple[int, ...]:
    source = source_of(f"tokens:{purpose}", seed, block)
    first, second = counts.first, counts.second
    if counts.law == "uniform":
        return tuple(source.randint(int(first), int(second)) for _ in range(_BLOCK))
    if counts.law == "normal":
        amounts = [source.gauss(first, second) for _ in range(_BLOCK)]
    else:
        mu, sigma = logarithms(first, second)
        amounts = [source.lognormvariate(mu, sigma) for _ in range(_BLOCK)]
    return tuple(min(max(round(amount), 1), MOST_TOKENS) for amount in amounts)
