"""Several workloads in proportion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from modelforge.benchmark.workload import Ask, Workload
from modelforge.core.draw import source_of
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between, require_count

_DEAL: Final = 1000  # requests in which each source comes exactly as often as it should


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighted:
    """Requests from several sources: ``sources`` are (workload, weight), weights of any sum.

    Of each 1,000 requests every source gets its share exactly, to the nearest whole request and at
    least one; their order is drawn by ``seed``. Each source is asked for its own requests 0, 1, …

    Raises:
        UsageError: there is no source, or more than 1,000; a weight is not above 0; the seed is
            negative.
    """

    sources: tuple[tuple[Workload, float], ...]
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.sources) <= _DEAL:
            raise UsageError(f"there must be 1 to {_DEAL} sources, not {len(self.sources)}")
        for _, weight in self.sources:
            require_between("a weight", weight, 1e-6, 1e9)
        require_count("the seed", self.seed, 0)

    def ask(self, index: int) -> Ask:
        """Request ``index``."""
        source, own = self._place(index)
        return self.sources[source][0].ask(own)

    def follow_up(self, index: int, asked: Ask, answer: str) -> Ask | None:
        """The next turn, if its source has one."""
        source, own = self._place(index)
        return self.sources[source][0].follow_up(own, asked, answer)

    def _place(self, index: int) -> tuple[int, int]:
        """(which source, its own number of the request)."""
        deal, place = divmod(index, _DEAL)
        counts = _counts(tuple(weight for _, weight in self.sources))
        source, before = _dealt(counts, self.seed, deal)[place]
        return source, deal * counts[source] + before


@lru_cache(maxsize=16)
def _counts(weights: tuple[float, ...]) -> tuple[int, ...]:
    """How many of a deal each source gets: one, and of the others by the largest remainders."""
    total = sum(weights)
    exact = [_DEAL * weight / total for weight in weights]
    counts = [max(1, int(amount)) for amount in exact]
    while sum(counts) > _DEAL:
        counts[counts.index(max(counts))] -= 1
    while sum(counts) < _DEAL:
        least = max(range(len(counts)), key=lambda source: exact[source] - counts[source])
        counts[least] += 1
    return tuple(counts)


@lru_cache(maxsize=8)
def _dealt(counts: tuple[int, ...], seed: int, deal: int) -> tuple[tuple[int, int], ...]:
    """(source, how many of the deal it had before), in the order of the requests."""
    order = [source for source, count in enumerate(counts) for _ in range(count)]
    source_of("weights", seed, deal).shuffle(order)
    had = [0] * len(counts)
    dealt = []
    for source in order:
        dealt.append((source, had[source]))
        had[source] += 1
    return tuple(dealt)
