"""Arrivals whose rate changes with time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelforge.benchmark.arrivals import require_rate
from modelforge.benchmark.gaps import Gaps
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_seconds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Ramp:
    """From one rate to another within ``over_s``, evenly; then ``to_rate`` until the run ends.

    A ramp to 0 ends by itself. ``gaps`` are stretched to the rate of the moment: arrival k is due
    when the integral of the rate reaches the k-th position of ``gaps`` (a change of time: Çinlar,
    *Introduction to Stochastic Processes*, 1975). With Poisson gaps this is the non-homogeneous
    Poisson process.

    Raises:
        UsageError: a rate is neither 0 nor from 1e-6 to 1e9, both are 0, or ``over_s`` is not
            above 0.
    """

    from_rate: float
    to_rate: float
    over_s: float
    gaps: Gaps = field(default_factory=Gaps)

    def __post_init__(self) -> None:
        require_rate(self.from_rate, zero=True)
        require_rate(self.to_rate, zero=True)
        if self.from_rate == self.to_rate == 0:
            raise UsageError("a ramp from 0 to 0 requests/s has no request")
        require_seconds("a ramp's time", self.over_s)

    @property
    def finite(self) -> bool:
        return self.to_rate == 0

    @property
    def description(self) -> str:
        rates = f"{self.from_rate:g} to {self.to_rate:g} requests/s"
        return f"ramp, {self.gaps.kind}, {rates} within {self.over_s:g} s"

    def due_s(self, seed: int) -> Iterator[float]:
        last_s = 0.0
        for block in self.gaps.positions(seed):
            due_s = self._moments(block, last_s)
            yield from due_s.tolist()
            if len(due_s) < len(block):
                return
            last_s = float(due_s[-1])

    def _moments(self, positions: NDArray[np.float64], last_s: float) -> NDArray[np.float64]:
        import numpy as np  # noqa: PLC0415 (only a run needs it)

        slope = (self.to_rate - self.from_rate) / self.over_s
        total = (self.from_rate + self.to_rate) / 2 * self.over_s
        inside = positions[: np.searchsorted(positions, total)]
        # The root of from * t + slope / 2 * t² = u in the form that cancels nowhere.
        root = np.sqrt(np.maximum(self.from_rate**2 + 2 * slope * inside, 0.0))
        below = self.from_rate + root
        due_s = np.minimum(
            np.divide(2 * inside, below, out=np.zeros_like(inside), where=below > 0), self.over_s
        )
        if self.to_rate > 0:
            after = positions[len(inside) :]
            due_s = np.concatenate([due_s, self.over_s + (after - total) / self.to_rate])
        # Rounding must not turn two arrivals around.
        return np.maximum.accumulate(np.maximum(due_s, last_s))


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """One rate after another: ``steps`` are (requests a second, for how many seconds).

    A rate of 0 is a pause. The arrivals end with the last step. ``gaps`` are stretched to the rate
    of the moment, as a ``Ramp``'s are.

    Raises:
        UsageError: there is no step, a rate is neither 0 nor from 1e-6 to 1e9, all are 0, or a time
            is not above 0.
    """

    steps: tuple[tuple[float, float], ...]
    gaps: Gaps = field(default_factory=Gaps)

    def __post_init__(self) -> None:
        for rate, for_s in self.steps:
            require_rate(rate, zero=True)
            require_seconds("a step's time", for_s)
        if not any(rate for rate, _ in self.steps):
            raise UsageError("steps need at least one with a rate above 0 requests/s")

    @property
    def finite(self) -> bool:
        return True

    @property
    def description(self) -> str:
        steps = ", ".join(f"{rate:g} requests/s for {for_s:g} s" for rate, for_s in self.steps)
        return f"steps, {self.gaps.kind}: {steps}"

    def due_s(self, seed: int) -> Iterator[float]:
        import numpy as np  # noqa: PLC0415 (only a run needs it)

        rates, times_s = np.array(self.steps, dtype=np.float64).T
        begins_s = np.concatenate([[0.0], np.cumsum(times_s)])
        reached = np.concatenate([[0.0], np.cumsum(rates * times_s)])
        for block in self.gaps.positions(seed):
            inside = block[: np.searchsorted(block, reached[-1])]
            step = np.searchsorted(reached, inside, side="right") - 1
            due_s = begins_s[step] + (inside - reached[step]) / rates[step]
            yield from np.minimum(due_s, begins_s[step + 1]).tolist()
            if len(inside) < len(block):
                return
