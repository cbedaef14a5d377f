"""Several models on the same prompts, every pair of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from modelforge.core.errors import TooFewValues
from modelforge.stats.holm import holm
from modelforge.stats.paired_comparison import PairedComparison, compare_paired
from modelforge.stats.verdict import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOfSeveral:
    """A pair's comparison, its p value corrected for the other pairs, and the verdict on that."""

    comparison: PairedComparison
    adjusted_p: float
    verdict: Verdict


def compare_all(
    scores: Mapping[str, ArrayLike],
    *,
    rng: np.random.Generator,
    clusters: ArrayLike | None = None,
    margin: float | None = None,
    higher_is_better: bool = True,
    level: float = 0.95,
) -> tuple[OneOfSeveral, ...]:
    """Every pair of ``scores`` (one a prompt, in the same order for each model), corrected by Holm.

    The chance that any two equal models are told apart stays at ``1 - level`` however many there
    are. Equivalence is tested pair by pair, uncorrected.

    Raises:
        TooFewValues: fewer than two models; and as `compare_paired`.
    """
    if len(scores) < 2:  # noqa: PLR2004 (a pair)
        raise TooFewValues(f"a comparison needs two models, and has {len(scores)}")
    compared = [
        compare_paired(
            scores[first],
            scores[second],
            rng=rng,
            first=first,
            second=second,
            clusters=clusters,
            margin=margin,
            higher_is_better=higher_is_better,
            level=level,
        )
        for first, second in combinations(scores, 2)
    ]
    adjusted = holm([comparison.p_value for comparison in compared])
    return tuple(
        OneOfSeveral(comparison=comparison, adjusted_p=p, verdict=comparison.verdict(adjusted_p=p))
        for comparison, p in zip(compared, adjusted, strict=True)
    )
