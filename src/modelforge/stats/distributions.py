"""The distributions that intervals and tests read their limits from.

scipy is imported inside of each function: it costs a quarter of a second, and who only imports a
module of statistics has not asked for it.
"""

from __future__ import annotations

import math

_BEYOND = 1e6
"""Degrees of freedom from which Student's t is the normal distribution."""


def normal_quantile(p: float) -> float:
    """The value a standard normal variable stays below with probability ``p``."""
    from scipy.special import ndtri  # noqa: PLC0415 (see the module)

    return float(ndtri(p))


def normal_cdf(value: float) -> float:
    """The probability that a standard normal variable is at most ``value``."""
    from scipy.special import ndtr  # noqa: PLC0415 (see the module)

    return float(ndtr(value))


def t_quantile(p: float, df: float) -> float:
    """The value Student's t with ``df`` degrees of freedom stays below with probability ``p``."""
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415 (see the module)

    return float(ndtri(p)) if df > _BEYOND else float(stdtrit(df, p))


def t_cdf(value: float, df: float) -> float:
    """The probability that Student's t with ``df`` degrees of freedom is at most ``value``."""
    from scipy.special import ndtr, stdtr  # noqa: PLC0415 (see the module)

    return float(ndtr(value)) if df > _BEYOND else float(stdtr(df, value))


def noncentral_t_cdf(value: float, df: float, shift: float) -> float:
    """The same for the noncentral t with noncentrality ``shift``: what power is computed from."""
    from scipy.special import nctdtr, ndtr  # noqa: PLC0415 (see the module)

    result = math.nan if df > _BEYOND else float(nctdtr(df, shift, value))
    return result if math.isfinite(result) else float(ndtr(value - shift))


def binomial_cdf(k: int, n: int, p: float) -> float:
    """The probability of at most ``k`` successes in ``n`` trials of probability ``p``."""
    from scipy.special import bdtr  # noqa: PLC0415 (see the module)

    return 0.0 if k < 0 else float(bdtr(min(k, n), n, p))


def poisson_rate_below(count: int, probability: float) -> float:
    """The rate whose Poisson variable reaches ``count`` with ``probability``."""
    from scipy.special import gammaincinv  # noqa: PLC0415 (see the module)

    return float(gammaincinv(count, probability)) if count > 0 else 0.0


def order_below(n: float, q: float, probability: float) -> float:
    """The real rank of the order statistic above the ``q`` quantile with ``probability``.

    Of ``n`` values, ``k`` lie below the quantile with a binomial probability; the incomplete beta
    function continues it between whole numbers. 0 or less where even the smallest value is above
    it more often than that.
    """
    from scipy.special import betainc  # noqa: PLC0415 (see the module)

    def below(k: float) -> float:  # P(fewer than k of n values lie below the quantile)
        return float(betainc(n - k + 1, k, 1 - q))

    if n * math.log1p(-q) > math.log(probability):
        return 0.0
    low, high = 1.0, max(n * q + 1, 1.0)
    if below(low) > probability:
        return low
    for _ in range(200):
        middle = (low + high) / 2
        if high - low < 1e-9 * high:
            break
        low, high = (low, middle) if below(middle) > probability else (middle, high)
    return low
