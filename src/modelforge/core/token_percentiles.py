"""How many tokens requests have, where only some of their percentiles are known."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between
from modelforge.core.token_counts import MOST_TOKENS

_FEWEST = 2
_WHOLE = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenPercentiles:
    """Numbers of tokens by their percentiles, as a dashboard shows them.

    Between two percentiles the logarithm of the count rises evenly; below the lowest and above the
    highest there is nothing but that count. Give a p100 where longer requests matter.

    Attributes:
        points: (percentile, 0 to 100; tokens), both ascending.

    Raises:
        UsageError: there are fewer than two, or one is out of its range or out of order.
    """

    points: tuple[tuple[float, int], ...]

    def __post_init__(self) -> None:
        if len(self.points) < _FEWEST:
            raise UsageError("a distribution by percentiles needs two of them, such as p50 and p95")
        for percentile, tokens in self.points:
            require_between("a percentile", percentile, 0, 100)
            require_between("a number of tokens", tokens, 1, MOST_TOKENS)
        for (before, fewer), (after, more) in zip(self.points, self.points[1:], strict=False):
            if before >= after or fewer > more:
                raise UsageError(
                    f"percentiles must not fall: p{after:g} is {more:,} and p{before:g} {fewer:,}"
                )

    def __str__(self) -> str:
        return " ".join(f"p{percentile:g}={tokens}" for percentile, tokens in self.points)

    @classmethod
    def named(cls, points: Mapping[str, int]) -> TokenPercentiles:
        """Of names such as ``p50`` and ``p99.9``.

        Raises:
            UsageError: a name is none, and as above.
        """
        read: list[tuple[float, int]] = []
        for name, tokens in points.items():
            digits = name.lower().removeprefix("p").replace("_", ".")
            try:
                read.append((float(digits), tokens))
            except ValueError:
                raise UsageError(f"{name!r} is no percentile: write p50, p95, p99.9") from None
        return cls(points=tuple(sorted(read)))

    @property
    def flat(self) -> str:
        """What is taken of requests beyond the outermost percentiles; empty: there are none."""
        (lowest, fewest), (highest, most) = self.points[0], self.points[-1]
        ends = [f"below p{lowest:g} as {fewest:,}"] if lowest > 0 else []
        ends += [f"above p{highest:g} as {most:,}"] if highest < _WHOLE else []
        return " and ".join(ends)

    def quantile(self, p: float) -> int:
        """The count that a share ``p``, above 0 and below 1, of the requests does not exceed.

        Raises:
            UsageError: ``p`` is out of its range.
        """
        require_between("a quantile", p, 1e-9, 1 - 1e-9)
        at = 100 * p
        place = bisect_right(self.points, at, key=lambda point: point[0])
        if place == 0:
            return self.points[0][1]
        if place == len(self.points):
            return self.points[-1][1]
        (low, fewer), (high, more) = self.points[place - 1], self.points[place]
        share = (at - low) / (high - low)
        return round(math.exp(math.log(fewer) * (1 - share) + math.log(more) * share))
