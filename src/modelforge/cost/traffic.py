"""The tokens of a scenario's requests, one by one, as a bill sorts them.

A price is linear in tokens but for its tiers, which reprice a whole request from a threshold on.
So requests are kept one by one, sorted into the spans between the thresholds, and summed within
each: that is exact, and a sum never reaches a threshold that no request reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.core.token_counts import MOST_TOKENS, TokenCounts, logarithms
from modelforge.cost.rate_matrix import by_span
from modelforge.cost.request_sample import RequestSample
from modelforge.cost.scenario import CostScenario, TokenLaw
from modelforge.pricing.component import COMPONENTS, OUTPUT_PARTS

GRID: Final = 4096
"""Requests that stand for a distribution: each of its 4,096 equally likely parts, once."""

_MIDDLES: Final = [(part + 0.5) / GRID for part in range(GRID)]
_MOST_DRAWN: Final = 500
_AT_ONCE: Final = 100_000  # draws that stay in a processor's cache

_ANSWER: Final = ("output", *OUTPUT_PARTS)

Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Traffic:
    """Requests as rows of tokens.

    Attributes:
        prompt: the whole prompt of each, which decides its tier.
        tokens: (requests, components): tokens by `COMPONENTS`, no token in two of them.
        weights: how many each row stands for.
        effective: how many independent requests the bill's uncertainty is that of; None: every
            request is the same, and nothing is uncertain.
    """

    prompt: Matrix
    tokens: Matrix
    weights: Matrix
    effective: float | None

    @classmethod
    def of(cls, scenario: CostScenario, *, seed: int) -> Traffic:
        """The requests of ``scenario``; what is drawn is drawn by ``seed``."""
        if scenario.requests is not None:
            return _measured(scenario.requests, scenario.effective_requests)
        prompt = _counts(scenario.prompt_tokens, scenario.avg_prompt_tokens)
        completion = _counts(scenario.completion_tokens, scenario.avg_completion_tokens)
        same = prompt.size == completion.size == 1
        if not same:
            # Independent of each other: the one in order, the other shuffled.
            prompt = np.resize(prompt, GRID)
            completion = np.random.default_rng([seed, 1]).permutation(np.resize(completion, GRID))
        cached, written = prompt * scenario.cache_hit_rate, prompt * scenario.cache_write_rate
        return cls(
            prompt=prompt,
            tokens=_table(prompt, completion, cached, written, np.zeros(prompt.size)),
            weights=np.ones(prompt.size),
            effective=None if same else scenario.effective_requests,
        )

    def scaled(self, *, prompt: float = 1.0, completion: float = 1.0) -> Traffic:
        """Requests whose prompts and answers are so many times as long, in all their parts."""
        factors = [completion if name in _ANSWER else prompt for name in COMPONENTS]
        return replace(self, prompt=self.prompt * prompt, tokens=self.tokens * np.array(factors))

    @property
    def mean_tokens(self) -> dict[str, float]:
        """Tokens of a mean request by component; components without any are left out."""
        means = np.average(self.tokens, axis=0, weights=self.weights)
        return {name: float(mean) for name, mean in zip(COMPONENTS, means, strict=True) if mean > 0}

    def mean_features(self, thresholds: Sequence[int]) -> Matrix:
        """(spans, components + 1): tokens of a mean request that fall into each span.

        The last column is the share of the requests in the span, which request fees are for.
        """
        features = self._features(thresholds)
        mean: Matrix = np.average(features, axis=0, weights=self.weights)
        return mean.reshape(len(thresholds) + 1, -1)

    def drawn_features(
        self, thresholds: Sequence[int], *, resamples: int, seed: int
    ) -> Matrix | None:
        """(resamples, spans, components + 1): `mean_features` of requests drawn again.

        Of every resample, no more than 500 requests are drawn; its distance to the mean is then
        made smaller by the root of how many more there are. None: nothing is uncertain.
        """
        if self.effective is None:
            return None
        features = self._features(thresholds)
        drawn = max(1, min(round(self.effective), _MOST_DRAWN))
        weighted = np.column_stack([features * self.weights[:, np.newaxis], self.weights])
        sums = _resampled(weighted, drawn, resamples, np.random.default_rng([seed, 2]))
        means = sums[:, :-1] / sums[:, -1:]
        middle = np.average(features, axis=0, weights=self.weights)
        means = middle + (means - middle) * np.sqrt(min(1.0, drawn / self.effective))
        shaped: Matrix = means.reshape(resamples, len(thresholds) + 1, -1)
        return shaped

    def _features(self, thresholds: Sequence[int]) -> Matrix:
        rows = self.tokens.shape[0]
        features = by_span(
            self.tokens, inputs=self.prompt, requests=np.ones(rows), thresholds=thresholds
        )
        return features.reshape(rows, -1)


def _resampled(rows: Matrix, drawn: int, resamples: int, rng: np.random.Generator) -> Matrix:
    """(resamples, columns): sums of ``drawn`` of ``rows``, each drawn with replacement."""
    count, width = rows.shape
    used = np.flatnonzero(rows.any(axis=0))
    columns = [np.ascontiguousarray(rows[:, column]) for column in used]
    sums = np.zeros((resamples, width))
    step = max(1, _AT_ONCE // drawn)
    for first in range(0, resamples, step):
        some = slice(first, min(first + step, resamples))
        picked = rng.integers(0, count, size=(some.stop - some.start, drawn), dtype=np.int64)
        for place, column in zip(used, columns, strict=True):
            sums[some, place] = column.take(picked).sum(axis=1)
    return sums


def _measured(sample: RequestSample, effective: float) -> Traffic:
    return Traffic(
        prompt=sample.prompt,
        tokens=_table(
            sample.prompt, sample.completion, sample.cached, sample.written, sample.reasoning
        ),
        weights=sample.weights,
        effective=effective,
    )


def _counts(law: TokenLaw | None, fixed: float) -> Matrix:
    return np.array([float(fixed)]) if law is None else _grid(law)


@lru_cache(maxsize=64)
def _grid(law: TokenLaw) -> Matrix:
    """The middles of a law's equally likely parts: its `quantile` of each."""
    if not isinstance(law, TokenCounts) or law.law not in ("normal", "lognormal"):
        return np.array([law.quantile(middle) for middle in _MIDDLES], dtype=np.float64)
    mean, deviation = law.first, law.second
    if law.law == "normal":
        return _whole(mean + deviation * _scores())
    mu, sigma = logarithms(mean, deviation)
    counts = _whole(np.exp(mu + sigma * _scores()))
    counts *= mean / counts.mean()  # the middle of a part is less than its mean
    return counts


@cache
def _scores() -> Matrix:
    """The standard normal law's quantiles of the middles."""
    standard = NormalDist()  # scipy would take longer to load than all of a plan's sums
    return np.array([standard.inv_cdf(middle) for middle in _MIDDLES])


def _whole(amounts: Matrix) -> Matrix:
    found: Matrix = np.clip(np.rint(amounts), 1, MOST_TOKENS)
    return found


def _table(
    prompt: Matrix, completion: Matrix, cached: Matrix, written: Matrix, reasoning: Matrix
) -> Matrix:
    columns = {
        "input": prompt - cached - written,
        "cache_read": cached,
        "cache_write_5m": written,
        "output": completion - reasoning,
        "reasoning": reasoning,
    }
    nothing = np.zeros(prompt.size)
    return np.column_stack([columns.get(name, nothing) for name in COMPONENTS])
