"""What a number of prompts, runs or seconds finds, and what finds a difference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from modelforge.core.errors import OutOfRange
from modelforge.stats.distributions import normal_quantile
from modelforge.stats.power import pass_fail_power
from modelforge.stats.sample import positive, share

SizeUnit = Literal["prompts", "seconds"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SizePlan:
    """The answer.

    Attributes:
        unit: what ``size`` counts; for prompts, of each model, times ``repeats``.
        difference: what it finds, in the unit of the figure; ``relative`` to the pilot's mean,
            where that is known. None where nothing is found so often.
        basis: what it rests on, in words.
        of_shares: whether ``difference`` is of two shares.
    """

    unit: SizeUnit
    size: float
    repeats: int
    difference: float | None
    relative: float | None
    power: float
    alpha: float
    basis: str
    of_shares: bool = False


def detectable_pass_difference(
    discordant: float, *, n: int, power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """The least difference of two pass rates that McNemar's exact test of ``n`` prompts finds.

    ``discordant`` is the share of prompts that one model passes and the other does not. None where
    not even a difference as large as that is found so often.

    Raises:
        OutOfRange: ``discordant`` is not above 0 and at most 1; and as `pass_fail_power`.
    """
    share(power, name="power")
    if not 0 < discordant <= 1:
        raise OutOfRange(f"a share of discordant prompts of {discordant}")

    def found(difference: float) -> float:
        first = (discordant + difference) / 2
        return pass_fail_power(first, max(0.0, discordant - first), n=n, alpha=alpha)

    low, high = 0.0, discordant
    if found(high) < power:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if found(middle) < power else (low, middle)
    return high


def discordant_share(first_rate: float, second_rate: float) -> float:
    """How often just one of two models passes, were they to pass independently of each other.

    Models that find the same prompts hard differ less often, and fewer prompts will do.

    Raises:
        OutOfRange: a rate is not within 0 and 1.
    """
    for rate in (first_rate, second_rate):
        if not 0 <= rate <= 1:
            raise OutOfRange(f"a pass rate lies within 0 and 1, and is {rate}")
    return first_rate * (1 - second_rate) + second_rate * (1 - first_rate)


def detectable_between_runs(
    standard_error: float,
    *,
    pilot_s: float,
    seconds: float,
    power: float = 0.8,
    alpha: float = 0.05,
) -> float:
    """The least difference of means that two runs of ``seconds`` find with ``power``.

    From the standard error that a pilot of ``pilot_s`` gave one mean, in the mean's unit: it falls
    with the root of the time. The inverse of `modelforge.stats.planning.seconds_needed`.

    Raises:
        OutOfRange: a value is not above 0, or a share not within 0 and 1.
    """
    z = normal_quantile(1 - share(alpha, name="alpha") / 2)
    z += normal_quantile(share(power, name="power"))
    ratio = positive(pilot_s, name="pilot_s") / positive(seconds, name="seconds")
    return z * positive(standard_error, name="standard_error") * math.sqrt(2 * ratio)
