"""Strengths of models from votes between two of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelforge.core.errors import DisconnectedModels, EmptySample, OutOfRange
from modelforge.stats.interval import Interval
from modelforge.stats.sample import share, whole

_PENALTY = 0.05
"""Of half the squared parameters: finite where one model wins always, unseen among a few votes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Vote:
    """One comparison: ``score`` is 1 where ``first`` won, 0 where ``second`` did, 0.5 for a tie."""

    prompt: Hashable
    first: str
    second: str
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Rating:
    """A model's place among the others.

    Attributes:
        strength: in logits about a mean of 0: without ties a model wins against another with
            probability ``1 / (1 + exp(-(strength - other)))``.
        rank: from 1, the strongest; `rank_low` to `rank_high` is its interval.
    """

    model: str
    strength: float
    interval: Interval
    rank: int
    rank_low: int
    rank_high: int


def ratings(
    votes: Iterable[Vote],
    *,
    rng: np.random.Generator,
    resamples: int = 200,
    level: float = 0.95,
) -> tuple[Rating, ...]:
    """The Bradley-Terry model with ties (Davidson, 1970), the strongest first.

    A tie has the weight ``nu * sqrt(p_i * p_j)`` beside the two wins' ``p_i`` and ``p_j``. The
    likelihood is lightly penalised, so that a model that always wins has a finite strength. The
    intervals are percentiles of a bootstrap that draws prompts: votes on one prompt stay together.

    Raises:
        EmptySample: no vote. OutOfRange: a score other than 0, 0.5 and 1, a model against itself,
        or fewer than two resamples. DisconnectedModels: no chain of votes joins all models.
    """
    listed = list(votes)
    share(level, name="level")
    whole(resamples, name="resamples", at_least=2)
    if not listed:
        raise EmptySample("there is not one vote")
    models = sorted({name for vote in listed for name in (vote.first, vote.second)})
    counts = _counts(listed, models)
    _connected(counts.sum(axis=0), models)
    strengths = _fit(counts.sum(axis=0))
    drawn = np.array(
        [
            _fit(np.tensordot(weights, counts, axes=1))
            for weights in rng.multinomial(
                len(counts), np.full(len(counts), 1 / len(counts)), size=resamples
            )
        ]
    )
    ranks = _ranks(drawn)
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(drawn, tails, axis=0)
    best = np.quantile(ranks, tails[0], axis=0, method="lower")
    worst = np.quantile(ranks, tails[1], axis=0, method="higher")
    place = _ranks(strengths[np.newaxis])[0]
    made = [
        Rating(
            model=model,
            strength=float(strengths[i]),
            interval=Interval(low=float(low[i]), high=float(high[i]), level=level),
            rank=int(place[i]),
            rank_low=int(best[i]),
            rank_high=int(worst[i]),
        )
        for i, model in enumerate(models)
    ]
    return tuple(sorted(made, key=lambda rating: (rating.rank, rating.model)))


def _counts(votes: list[Vote], models: list[str]) -> NDArray[np.float64]:
    """``[prompt, 0, i, j]`` are the wins of i over j, ``[prompt, 1, i, j]`` their ties, i < j."""
    number = {model: i for i, model in enumerate(models)}
    prompts: dict[Hashable, int] = {}
    for vote in votes:
        prompts.setdefault(vote.prompt, len(prompts))
    counts = np.zeros((len(prompts), 2, len(models), len(models)))
    for vote in votes:
        if vote.score not in (0, 0.5, 1) or vote.first == vote.second:
            raise OutOfRange(
                f"a vote of {vote.score} between {vote.first} and {vote.second}: "
                "1, 0 or 0.5, between two models"
            )
        i, j = number[vote.first], number[vote.second]
        tie = vote.score not in (0, 1)
        if tie or vote.score == 0:
            i, j = (min(i, j), max(i, j)) if tie else (j, i)
        counts[prompts[vote.prompt], int(tie), i, j] += 1
    return counts


def _connected(counts: NDArray[np.float64], models: list[str]) -> None:
    met = counts.sum(axis=0) > 0
    met = met | met.T
    reached = np.zeros(len(models), dtype=bool)
    reached[0] = True
    for _ in models:
        reached |= met[reached].any(axis=0)
    if not reached.all():
        apart = ", ".join(m for m, r in zip(models, reached, strict=True) if not r)
        raise DisconnectedModels(
            f"no chain of votes joins {models[0]} with {apart}: compare one of each"
        )


def _fit(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The penalised maximum of the likelihood, by quasi-Newton steps."""
    from scipy.optimize import minimize  # noqa: PLC0415 (see `distributions`)

    wins, ties = counts
    games = np.triu(wins + wins.T + ties + ties.T, 1)
    n = len(wins)

    def loss(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        s, tie = x[:n], x[n]
        middle = tie + (s[:, np.newaxis] + s) / 2
        logs = np.stack(np.broadcast_arrays(s[:, np.newaxis], s[np.newaxis, :], middle))
        top = logs.max(axis=0)
        total = top + np.log(np.exp(logs - top).sum(axis=0))
        value = (games * total).sum() - (wins * s[:, np.newaxis]).sum() - (ties * middle).sum()
        first, second, tied = games * np.exp(logs - total)
        pull = first.sum(1) + second.sum(0) + (tied.sum(1) + tied.sum(0)) / 2
        pull = pull - wins.sum(1) - (ties.sum(1) + ties.sum(0)) / 2
        gradient = np.append(pull, tied.sum() - ties.sum()) + _PENALTY * x
        return float(value + _PENALTY / 2 * (x**2).sum()), gradient

    found: NDArray[np.float64] = minimize(loss, np.zeros(n + 1), jac=True, method="BFGS").x[:n]
    centred: NDArray[np.float64] = found - found.mean()
    return centred


def _ranks(rows: NDArray[np.float64]) -> NDArray[np.intp]:
    """From 1 for the strongest of each row; equal ones share the better rank."""
    above: NDArray[np.intp] = (rows[:, np.newaxis, :] > rows[:, :, np.newaxis] + 1e-6).sum(axis=2)
    return above + 1
