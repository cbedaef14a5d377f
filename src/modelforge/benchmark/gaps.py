"""How irregularly requests follow each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between, require_count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GapKind = Literal["constant", "poisson", "gamma"]
GAP_KINDS: Final[tuple[GapKind, ...]] = get_args(GapKind)

_BLOCK: Final = 4096  # arrivals drawn at a time
_STREAM: Final = 0x6172  # apart from whatever else is drawn with the same seed


@dataclass(frozen=True, kw_only=True, slots=True)
class Gaps:
    """The law of the gaps between arrivals, in units of the mean gap.

    - ``constant``: every gap is 1.
    - ``poisson``: independent exponential gaps, so that counts are Poisson.
    - ``gamma``: independent gaps of a gamma law with shape ``burstiness`` and mean 1. Their squared
      coefficient of variation is 1 / burstiness: 1 is ``poisson``, less comes in bursts, more is
      more regular. This is the ``burstiness`` of vLLM's benchmark.

    Raises:
        UsageError: the kind is unknown, or the burstiness is not from 0.001 to 1,000,000, or it is
            given where the kind has none.
    """

    kind: GapKind = "poisson"
    burstiness: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in GAP_KINDS:
            raise UsageError(f"{self.kind!r} is no arrival: use one of {', '.join(GAP_KINDS)}")
        if self.kind != "gamma" and self.burstiness != 1:
            raise UsageError(f"{self.kind} arrivals have no burstiness: use gamma arrivals")
        require_between("the burstiness", self.burstiness, 1e-3, 1e6)

    def positions(self, seed: int) -> Iterator[NDArray[np.float64]]:
        """Where arrivals are on an axis on which one comes per unit; blocks without an end.

        Each block is 1-D and not decreasing, within itself and over its predecessors. Constant
        arrivals are at 0, 1, 2, …. The others begin in equilibrium, as if they had been going on
        for ever: the time to the first has density 1 - F, where F is the law of a gap (Cox,
        *Renewal Theory*, 1962), so that the mean count of [0, t) is exactly t.

        Raises:
            UsageError: ``seed`` is negative.
        """
        require_count("the seed", seed, 0)
        return self._constant() if self.kind == "constant" else self._drawn(seed)

    def _constant(self) -> Iterator[NDArray[np.float64]]:
        import numpy as np  # noqa: PLC0415 (only a run needs it)

        first = 0
        while True:
            yield np.arange(first, first + _BLOCK, dtype=np.float64)
            first += _BLOCK

    def _drawn(self, seed: int) -> Iterator[NDArray[np.float64]]:
        import numpy as np  # noqa: PLC0415 (only a run needs it)

        source = np.random.default_rng([_STREAM, seed])
        shape = self.burstiness
        draw: Callable[[int], NDArray[np.float64]]
        if self.kind == "poisson":
            first, draw = source.standard_exponential(), source.standard_exponential
        else:
            # A gap met at a random moment is size-biased: gamma with its shape one larger.
            first = source.random() * source.standard_gamma(shape + 1) / shape

            def draw(count: int) -> NDArray[np.float64]:
                return source.standard_gamma(shape, count) / shape

        gaps = draw(_BLOCK)
        gaps[0] = first
        while True:
            block = np.cumsum(gaps)
            yield block
            gaps = draw(_BLOCK)
            gaps[0] += block[-1]
