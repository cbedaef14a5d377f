"""Two models on the same prompts: what differs, and whether to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.core.errors import ConstantSample, OutOfRange
from modelforge.stats.clustered import clustered_mean
from modelforge.stats.effect_size import standardised_difference
from modelforge.stats.estimate import Estimate
from modelforge.stats.mcnemar import PassFail, mcnemar
from modelforge.stats.mean import mean
from modelforge.stats.power import detectable_difference, prompts_needed
from modelforge.stats.sample import groups, paired, share
from modelforge.stats.sign_flip import sign_flip_p
from modelforge.stats.verdict import Verdict, Wording, equivalence_p, verdict
from modelforge.stats.wilcoxon import wilcoxon_p

_ROUNDING = 1e-14
"""Of the largest score: some units in the last place of a double."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedComparison:
    """The first model against the second, prompt by prompt.

    Attributes:
        difference: first minus second, in the unit of the scores.
        p_value: of the test the verdict rests on: McNemar's exact one for passes and fails that
            come in no clusters, the sign-flip permutation test otherwise.
        wilcoxon_p: of the signed-rank test, which a few large differences move less; None for
            passes and fails, and with clusters.
        equivalence_p: of the two one-sided tests against ``margin``; None without a margin.
        pass_fail: how often they passed together and alone; None where scores are not passes and
        fails.
        effect_size: the difference in standard deviations; None where those are 0.
        clusters: how many the prompts come in; None where they come in none.
        detectable: the smallest difference that so many prompts, or clusters, find four times in
            five.
        needed: how many prompts, or clusters of this size, find a difference such as the one seen
            four times in five; None where that is no number to name: nothing differs, or it takes
            more than ten million.
        higher_is_better, first, second, margin, alpha: as they were given.
    """

    first: str
    second: str
    difference: Estimate
    p_value: float
    wilcoxon_p: float | None
    equivalence_p: float | None
    pass_fail: PassFail | None
    effect_size: float | None
    clusters: int | None
    detectable: float
    needed: int | None
    margin: float | None
    higher_is_better: bool
    alpha: float

    def verdict(
        self, *, adjusted_p: float | None = None, wording: Wording | None = None
    ) -> Verdict:
        """In words; with ``adjusted_p`` in place of the p value where it is one of several."""
        return verdict(
            self.difference,
            p_value=self.p_value if adjusted_p is None else adjusted_p,
            first=self.first,
            second=self.second,
            margin=self.margin,
            equivalence=self.equivalence_p,
            higher_is_better=self.higher_is_better,
            detectable=self.detectable,
            needed=self.needed,
            clusters=self.clusters,
            alpha=self.alpha,
            wording=wording or Wording(),
        )


def compare_paired(
    first_scores: ArrayLike,
    second_scores: ArrayLike,
    *,
    rng: np.random.Generator,
    first: str = "the first model",
    second: str = "the second model",
    clusters: ArrayLike | None = None,
    margin: float | None = None,
    higher_is_better: bool = True,
    level: float = 0.95,
) -> PairedComparison:
    """Compare two models' scores of the same prompts, in the same order, repeats already averaged.

    ``clusters`` names the document or conversation of each prompt; ``margin`` is the largest
    difference that does not matter, in the unit of the scores.

    Raises:
        LengthsDiffer: not as many scores, or labels, each. TooFewValues: fewer than two prompts or
        clusters. OutOfRange: ``margin`` is not above 0. And what `sample` and `share` raise.
    """
    a, b = paired(first_scores, second_scores)
    share(level, name="level")
    alpha = round(1 - level, 12)
    d = _without_rounding(a, b)
    graded = bool(np.isin(np.concatenate((a, b)), (0.0, 1.0)).all())
    pass_fail = mcnemar(a, b, level=level) if graded else None
    exact = pass_fail is not None and clusters is None
    if pass_fail is not None and clusters is None:
        difference, p_value, df = pass_fail.difference, pass_fail.p_value, float("inf")
    else:
        difference, df = _difference(d, clusters, level=level)
        p_value = sign_flip_p(d, rng=rng, clusters=clusters)
    count = None if clusters is None else groups(clusters, n=d.size)[1]
    units = d.size if count is None else count
    sd = (difference.standard_error or 0.0) * units**0.5
    return PairedComparison(
        first=first,
        second=second,
        difference=difference,
        p_value=p_value,
        wilcoxon_p=None if exact or clusters is not None else wilcoxon_p(d),
        equivalence_p=None if margin is None else equivalence_p(difference, margin=margin, df=df),
        pass_fail=pass_fail,
        effect_size=_effect_size(d),
        clusters=count,
        detectable=detectable_difference(sd=sd, n=units, alpha=alpha),
        needed=_needed(difference.point, sd=sd, alpha=alpha),
        margin=margin,
        higher_is_better=higher_is_better,
        alpha=alpha,
    )


def _without_rounding(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The differences; all the same where only the arithmetic of the two tells them apart."""
    d = a - b
    scale = float(max(np.abs(a).max(), np.abs(b).max()))
    if 0 < np.ptp(d) <= _ROUNDING * scale:
        return np.full_like(d, float(np.median(d)))
    return d


def _difference(
    d: NDArray[np.float64], clusters: ArrayLike | None, *, level: float
) -> tuple[Estimate, float]:
    """The mean difference, and the degrees of freedom of its error."""
    if clusters is None:
        return mean(d, level=level), d.size - 1
    return clustered_mean(d, clusters, level=level), groups(clusters, n=d.size)[1] - 1


def _needed(difference: float, *, sd: float, alpha: float) -> int | None:
    if difference == 0 or sd == 0:
        return None
    try:
        return prompts_needed(difference, sd=sd, alpha=alpha)
    except OutOfRange:  # nobody asks so many
        return None


def _effect_size(d: NDArray[np.float64]) -> float | None:
    try:
        return standardised_difference(d)
    except ConstantSample:
        return None
