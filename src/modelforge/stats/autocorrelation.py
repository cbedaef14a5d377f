"""How much each value of a series says about those after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.long_series import LongSeries
from modelforge.stats.sample import sample

_LAGS_TESTED = 10
_ENOUGH = 20
"""Values below which no autocorrelation is told from chance."""
_WINDOW = 5.0
_WORTH = 20.0
"""Independent values a series should be worth: with fewer its intervals are too narrow."""
LONG = 1 << 16
"""Values beyond which a series is looked at in part."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Autocorrelation:
    """What a series' order says.

    Attributes:
        first_lag: the correlation of neighbours, of their ranks: -1 to 1.
        p_value: of the hypothesis that there is no order at all (Ljung and Box, 1978).
        time: the integrated autocorrelation time in values: so many are worth one
            independent value. 1 where nothing was detected.
        n: the values it comes from.
    """

    first_lag: float
    p_value: float
    time: float
    n: int

    @property
    def present(self) -> bool:
        """Whether the series is worth less than as many independent values."""
        return self.time > 1.0

    @property
    def short(self) -> bool:
        """Whether the series is worth too few values for its intervals to be trusted in full."""
        return self.present and self.n < _WORTH * self.time


def autocorrelation(values: ArrayLike | LongSeries) -> Autocorrelation:
    """The autocorrelation of a series in the order it was measured in.

    It is taken of the values' ranks, so that a heavy tail does not hide it. ``time`` sums the
    correlations up to the first lag that is five times the sum (Sokal, *Monte Carlo Methods in
    Statistical Mechanics*, 1997, section 3). Fewer than 20 values, and equal ones, are taken as
    independent. Of more than 65,536 the middle so many are looked at.

    Raises:
        what `sample` raises.
    """
    taken = values if isinstance(values, LongSeries) else sample(values)
    whole = taken.size
    middle = max((whole - LONG) // 2, 0)
    part = taken[middle : middle + LONG]
    x = part.held() if isinstance(part, LongSeries) else part
    if x.size < _ENOUGH or np.ptp(x) == 0:
        return Autocorrelation(first_lag=0.0, p_value=1.0, time=1.0, n=whole)
    correlations = _correlations(ranks_of(x))
    p_value = _ljung_box(correlations[1 : _LAGS_TESTED + 1], x.size)
    time = 1.0
    if p_value < 0.05:  # noqa: PLR2004 (the usual level)
        time = max(1.0, integrated_time(correlations))
    return Autocorrelation(first_lag=float(correlations[1]), p_value=p_value, time=time, n=whole)


def coarse(x: NDArray[np.float64] | LongSeries) -> tuple[NDArray[np.float64], int]:
    """The means of so many neighbours that at most 65,536 are left, and how many those are."""
    step = -(-x.size // LONG)
    if isinstance(x, LongSeries):
        return x.run_means(step, x.size // step), step
    if step == 1:
        return x, 1
    means: NDArray[np.float64] = x[: x.size // step * step].reshape(-1, step).mean(axis=1)
    return means, step


def integrated_time(correlations: NDArray[np.float64]) -> float:
    """``1 + 2 * sum`` of the correlations at lags 0, 1, … up to Sokal's window."""
    times: NDArray[np.float64] = 2 * np.cumsum(correlations) - 1
    beyond = np.arange(times.size) >= _WINDOW * times
    return float(times[int(np.argmax(beyond)) if beyond.any() else -1])


def time_of(values: NDArray[np.float64]) -> float:
    """The integrated autocorrelation time of a series, at least 1."""
    return max(1.0, integrated_time(_correlations(values)))


def ranks_of(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0, equal values sharing the middle of theirs."""
    order = np.argsort(x, kind="stable")
    ordered = x[order]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(ordered)) + 1, [x.size]))
    middles = (starts[:-1] + starts[1:] - 1) / 2
    ranks = np.empty(x.size)
    ranks[order] = np.repeat(middles, np.diff(starts))
    return ranks


def _correlations(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """At lags 0 to a fifth of the length, by the fast Fourier transform."""
    lags = max(2, x.size // 5)
    size = 1 << (x.size + lags - 1).bit_length()
    spectrum = np.fft.rfft(x - x.mean(), size)
    power = spectrum.real**2
    power += spectrum.imag**2
    del spectrum  # of a long series it is the largest of all
    products = np.fft.irfft(power, size)[: lags + 1]
    correlations: NDArray[np.float64] = np.eye(1, lags + 1)[0]
    return products / products[0] if products[0] > 0 else correlations


def _ljung_box(correlations: NDArray[np.float64], n: int) -> float:
    from scipy.special import gammaincc  # noqa: PLC0415 (see `distributions`)

    lags = np.arange(1, correlations.size + 1)
    q = n * (n + 2) * float((correlations**2 / (n - lags)).sum())
    return float(gammaincc(correlations.size / 2, q / 2))
