"""Random amounts, described by their mean and their relative spread."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, get_args

from modelforge.core.errors import UsageError

Shape = Literal["constant", "uniform", "normal", "lognormal", "gamma"]
SHAPES: Final[tuple[Shape, ...]] = get_args(Shape)
_WIDEST_UNIFORM: Final = 1 / math.sqrt(3)  # wider, and it would reach below zero

_LEAST_SPREAD: Final = 1e-6  # narrower is constant: the formulas would leave the range of floats
_LEAST_MEAN: Final = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """Amounts that are never negative, in the unit of ``mean``.

    ``spread`` is the coefficient of variation (standard deviation / mean), so that one number
    makes every shape wider without moving its mean. The shapes:

    - ``constant``: always the mean; the spread is 0.
    - ``uniform``: mean x (1 ± √3 spread); the spread is at most 1/√3.
    - ``normal``: cut at zero by setting what falls below to zero, which moves the mean up by less
      than 0.1 % for spreads up to 0.4.
    - ``lognormal``: σ² = ln(1 + spread²), μ = ln(mean) - σ²/2.
    - ``gamma``: shape k = 1/spread², scale = mean x spread²; a spread of 1 is the exponential.

    Raises:
        UsageError: the mean or the spread does not describe a distribution.
    """

    mean: float
    spread: float = 0.0
    shape: Shape = "constant"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and self.mean >= 0):
            raise UsageError(f"a mean of {self.mean} cannot be drawn from: it must be 0 or more")
        if not (math.isfinite(self.spread) and self.spread >= 0):
            raise UsageError(f"a spread of {self.spread} is none: it must be 0 or more")
        if self.shape not in SHAPES:
            raise UsageError(f"{self.shape!r} is no distribution: use one of {', '.join(SHAPES)}")
        if self.shape == "constant" and self.spread:
            raise UsageError("a constant has no spread: name a shape, such as gamma")
        if self.shape == "uniform" and self.spread > _WIDEST_UNIFORM:
            raise UsageError(f"a uniform spread of {self.spread} goes below zero: at most 0.577")

    @classmethod
    def parse(cls, text: str, *, amount: Callable[[str], float] = float) -> Distribution:
        """Read ``MEAN`` or ``SHAPE:MEAN:SPREAD`` (``100ms``, ``lognormal:100ms:0.3``).

        Args:
            text: what was written.
            amount: reads the mean, such as ``parse_duration_s``.

        Raises:
            UsageError: it is neither.
        """
        parts = text.split(":")
        try:
            if len(parts) == 1:
                return cls(mean=amount(text))
            shape, mean, spread = parts
            return cls(mean=amount(mean), spread=float(spread), shape=_shape(shape))
        except ValueError:
            raise UsageError(
                f"{text!r} is not a distribution: write MEAN or SHAPE:MEAN:SPREAD,"
                f" where SHAPE is one of {', '.join(SHAPES)}"
            ) from None

    def draws(self, source: Random, count: int) -> list[float]:
        """``count`` independent amounts."""
        if self.spread < _LEAST_SPREAD or self.mean < _LEAST_MEAN:
            return [self.mean] * count
        draw = self._drawer(source)
        return [draw() for _ in range(count)]

    def _drawer(self, source: Random) -> Callable[[], float]:
        mean, deviation = self.mean, self.mean * self.spread
        if self.shape == "uniform":
            half = math.sqrt(3) * deviation
            return lambda: source.uniform(mean - half, mean + half)
        if self.shape == "normal":
            return lambda: max(0.0, source.gauss(mean, deviation))
        if self.shape == "lognormal":
            variance = math.log1p(self.spread**2)
            mu, sigma = math.log(mean) - variance / 2, math.sqrt(variance)
            return lambda: source.lognormvariate(mu, sigma)
        k = self.spread**-2
        return lambda: source.gammavariate(k, mean / k)


def _shape(text: str) -> Shape:
    for shape in SHAPES:
        if shape == text:
            return shape
    raise UsageError(f"{text!r} is no distribution: use one of {', '.join(SHAPES)}")


def parse_jitter(text: str) -> tuple[Shape, float]:
    """Read ``SPREAD`` or ``SHAPE:SPREAD`` (``0.3`` is ``gamma:0.3``).

    Raises:
        UsageError: it is neither.
    """
    shape, colon, spread = text.rpartition(":")
    try:
        return (_shape(shape) if colon else "gamma"), float(spread)
    except ValueError:
        raise UsageError(f"{text!r} is no jitter: write SPREAD or SHAPE:SPREAD (0.3)") from None
