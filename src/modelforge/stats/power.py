"""How likely a comparison finds a difference that is there."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from modelforge.core.errors import OutOfRange
from modelforge.stats.distributions import noncentral_t_cdf, normal_quantile, t_quantile
from modelforge.stats.sample import positive, share

_MOST = 10_000_000


def paired_power(difference: float, *, sd: float, n: int, alpha: float = 0.05) -> float:
    """The power of the two-sided paired t test, and nearly that of the sign-flip test.

    ``sd`` is the standard deviation of the paired differences, in the unit of ``difference``;
    ``n`` are prompts. By the noncentral t distribution (Cohen, *Statistical Power Analysis*,
    1988, chapter 2).

    Raises:
        OutOfRange: ``sd`` is not above 0, ``n`` is under 2, or ``alpha`` no share.
    """
    positive(sd, name="sd")
    _at_least_two(n)
    if not math.isfinite(difference):
        raise OutOfRange(f"a difference of {difference}")
    limit = t_quantile(1 - share(alpha, name="alpha") / 2, n - 1)
    shift = abs(difference) / sd * math.sqrt(n)
    return 1 - noncentral_t_cdf(limit, n - 1, shift) + noncentral_t_cdf(-limit, n - 1, shift)


def prompts_needed(difference: float, *, sd: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """The fewest prompts with which a difference of this size is found with ``power``.

    Raises:
        OutOfRange: ``difference`` is 0, or it takes more than ten million prompts; and as
        `paired_power`.
    """
    positive(abs(difference), name="difference")
    share(power, name="power")
    enough = fewest(lambda n: paired_power(difference, sd=sd, n=n, alpha=alpha) >= power)
    return max(enough, fewest_pairs(alpha))


def fewest_pairs(alpha: float) -> int:
    """So many pairs at least tell anything: no pattern of n signs is rarer than ``2 / 2**n``.

    Raises:
        OutOfRange: ``alpha`` is no share.
    """
    return math.ceil(1 - math.log2(share(alpha, name="alpha")))


def detectable_difference(*, sd: float, n: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """The minimum detectable effect: the least that ``n`` prompts find with ``power``.

    In the unit of ``sd``, the standard deviation of the paired differences; 0 where that is 0.

    Raises:
        as `paired_power`.
    """
    share(power, name="power")
    share(alpha, name="alpha")
    _at_least_two(n)
    if sd == 0:
        return 0.0
    low = 0.0
    high = positive(sd, name="sd") * 10 * normal_quantile(1 - alpha / 4)
    while paired_power(high, sd=sd, n=n, alpha=alpha) < power:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if paired_power(middle, sd=sd, n=n, alpha=alpha) < power:
            low = middle
        else:
            high = middle
    return high


def pass_fail_power(first_only: float, second_only: float, *, n: int, alpha: float = 0.05) -> float:
    """The power of McNemar's exact test with ``n`` prompts.

    ``first_only`` and ``second_only`` are the shares of prompts that one model passes and the
    other does not; their difference is the difference of pass rates. Summed over how many
    discordant prompts there may be (Connett, Smith and McHugh, *Sample Size and Power for
    Pair-Matched Case-Control Studies*, 1987).

    Raises:
        OutOfRange: the shares are negative or exceed 1 together, or ``n`` is under 2.
    """
    from scipy.special import bdtr, gammaln, xlog1py, xlogy  # noqa: PLC0415 (see `distributions`)

    _at_least_two(n)
    share(alpha, name="alpha")
    discordant = first_only + second_only
    if not (first_only >= 0 and second_only >= 0 and 0 < discordant <= 1):
        raise OutOfRange(
            f"shares of {first_only} and {second_only} are not within 0 and 1 together"
        )
    centre, reach = n * discordant, 10 * math.sqrt(n * discordant) + 10
    m = np.arange(max(0, int(centre - reach)), min(n, int(centre + reach)) + 1)
    log_chance = gammaln(n + 1) - gammaln(m + 1) - gammaln(n - m + 1)
    log_chance = log_chance + xlogy(m, discordant) + xlog1py(n - m, -discordant)
    limits = _rejection_limits(m, alpha)
    p = first_only / discordant
    some = np.maximum(limits, 0)
    rejected = np.where(limits >= 0, bdtr(some, m, p) + bdtr(some, m, 1 - p), 0.0)
    return float(min(1.0, (np.exp(log_chance) * rejected).sum()))


def pass_fail_prompts_needed(
    first_only: float, second_only: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """The fewest prompts with which McNemar's exact test finds the difference with ``power``.

    Raises:
        OutOfRange: the shares are equal, or it takes more than ten million prompts; as
        `pass_fail_power`.
    """
    if first_only == second_only:
        raise OutOfRange("both models pass alone equally often: there is no difference to find")
    share(power, name="power")
    return fewest(lambda n: pass_fail_power(first_only, second_only, n=n, alpha=alpha) >= power)


def fewest(enough: Callable[[int], bool]) -> int:
    """The least ``n`` from 2 on that is ``enough``, for what is enough from some number on.

    Raises:
        OutOfRange: ten million are not enough.
    """
    high = 2
    while not enough(high):
        high *= 2
        if high > _MOST:
            raise OutOfRange(f"more than {_MOST:,} are needed: the difference is too small to find")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _rejection_limits(m: NDArray[np.int_], alpha: float) -> NDArray[np.int_]:
    """The most of ``m`` coin flips that are still few enough to reject; -1 where none is."""
    from scipy.special import bdtr, bdtrik  # noqa: PLC0415 (see `distributions`)

    near = np.nan_to_num(bdtrik(alpha / 2, np.maximum(m, 1), 0.5), nan=0.0)
    limits: NDArray[np.int_] = np.minimum(np.floor(near).astype(int) + 1, m)
    for _ in range(3):
        chance = np.where(m > 0, bdtr(np.maximum(limits, 0), np.maximum(m, 1), 0.5), 1.0)
        limits = np.where(2 * chance > alpha, limits - 1, limits)
    return np.maximum(limits, -1)


def _at_least_two(n: int) -> None:
    if n < 2:  # noqa: PLR2004 (one prompt has no spread)
        raise OutOfRange(f"power needs at least two prompts, and there are {n}")
