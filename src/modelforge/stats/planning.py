"""How much to measure, from a pilot or from assumptions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelforge.core.errors import ConstantSample, OutOfRange, TooFewValues
from modelforge.stats.distributions import normal_quantile
from modelforge.stats.power import paired_power, prompts_needed
from modelforge.stats.sample import positive, sample, share, whole

_TOO_SMALL = 1e9
"""Standard deviations over a difference: above, no run is long enough."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Where the differences between two models come from, in the unit of the scores.

    Attributes:
        between_prompts_sd: of the true differences of prompts, which more repeats do not change.
        within_prompt_sd: of repeats of one prompt's difference; 0 where answers never vary.
    """

    between_prompts_sd: float
    within_prompt_sd: float

    def sd(self, repeats: int) -> float:
        """The standard deviation of a prompt's difference averaged over ``repeats``.

        Raises:
            OutOfRange: ``repeats`` is no whole number from 1 on.
        """
        noise_sd = self.within_prompt_sd / math.sqrt(whole(repeats, name="repeats"))
        return math.hypot(self.between_prompts_sd, noise_sd)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What to ask each model: ``prompts`` times ``repeats``, and the power it gives."""

    prompts: int
    repeats: int
    power: float

    @property
    def requests(self) -> int:
        """Of each model."""
        return self.prompts * self.repeats


def spread_of_pilot(differences: Sequence[Sequence[float]]) -> Spread:
    """The components of variance of a pilot's differences, one list of repeats a prompt.

    By the method of moments (Searle, Casella and McCulloch, *Variance Components*, 1992, chapter
    3), the one between prompts at least 0. A pilot without repeats has all of it between prompts.

    Raises:
        TooFewValues: fewer than two prompts. ConstantSample: all differences are equal.
        And what `sample` raises.
    """
    prompts = [sample(repeats, name="a prompt's differences") for repeats in differences]
    if len(prompts) < 2:  # noqa: PLR2004 (one prompt has no spread between prompts)
        raise TooFewValues(f"a pilot needs two prompts at least, and has {len(prompts)}")
    sizes = np.array([x.size for x in prompts], dtype=float)
    means = np.array([x.mean() for x in prompts])
    spare = float(sizes.sum()) - sizes.size
    within = sum(float(((x - x.mean()) ** 2).sum()) for x in prompts) / spare if spare else 0.0
    noise = within * float((1 / sizes).mean())
    between = max(0.0, float(means.var(ddof=1)) - noise)
    if between + within == 0:
        raise ConstantSample("every difference of the pilot is the same: it shows no spread")
    return Spread(between_prompts_sd=math.sqrt(between), within_prompt_sd=math.sqrt(within))


def plan(
    difference: float, *, spread: Spread, repeats: int = 1, power: float = 0.8, alpha: float = 0.05
) -> Plan:
    """The fewest prompts that find ``difference`` (in the unit of the scores) with ``power``.

    Raises:
        OutOfRange: ``repeats`` is under 1; and as `prompts_needed`.
    """
    whole(repeats, name="repeats")
    sd = spread.sd(repeats)
    prompts = prompts_needed(difference, sd=sd, power=power, alpha=alpha)
    return Plan(
        prompts=prompts,
        repeats=repeats,
        power=paired_power(difference, sd=sd, n=prompts, alpha=alpha),
    )


def seconds_needed(
    difference: float,
    *,
    sd: float,
    per_second: float,
    time: float = 1.0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> float:
    """How long each of two runs must last to tell mean latencies that differ by so much apart.

    ``difference`` and ``sd`` (of one request's latency) are in one unit, ``per_second`` are the
    requests a second of a run, and ``time`` is its autocorrelation time in requests: so many are
    worth one. From ``n = 2 * ((z_alpha + z_power) * sd / difference) ** 2`` independent requests
    in each.

    Raises:
        OutOfRange: a value is not above 0, or a share not within 0 and 1; or ``difference`` is
        under a billionth of ``sd``.
    """
    size = positive(abs(difference), name="difference")
    z = normal_quantile(1 - share(alpha, name="alpha") / 2)
    z += normal_quantile(share(power, name="power"))
    ratio = positive(sd, name="sd") / size
    if ratio > _TOO_SMALL:
        raise OutOfRange(f"a difference of {1 / ratio:.3g} standard deviations is not to be found")
    independent = 2 * (z * ratio) ** 2
    requests = math.ceil(independent * max(1.0, positive(time, name="time")))
    return requests / positive(per_second, name="per_second")
