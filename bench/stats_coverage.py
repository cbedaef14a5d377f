"""Whether the statistics hold what they promise, by simulation against known truths.

    python -m bench.stats_coverage [--trials 2000] [--seed 1]

Every line is a figure and its target; the tests of `tests/unit/stats` are the same in small. The
simulated share of 2,000 trials is itself off by half a point. Exits 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.signal import lfilter

from modelforge.compare.evidence import evidence
from modelforge.compare.observations import Observations
from modelforge.compare.quantity import score
from modelforge.stats.clustered import clustered_mean
from modelforge.stats.mcnemar import mcnemar_p
from modelforge.stats.mean import mean
from modelforge.stats.power import (
    paired_power,
    pass_fail_power,
    pass_fail_prompts_needed,
    prompts_needed,
)
from modelforge.stats.proportion import proportion
from modelforge.stats.quantile_interval import quantile_estimates
from modelforge.stats.rate import rate
from modelforge.stats.series import series_estimates
from modelforge.stats.sign_flip import sign_flip_p
from modelforge.stats.stability import stability
from modelforge.stats.warm_up import warm_up
from modelforge.stats.wilcoxon import wilcoxon_p

QS = (0.5, 0.9, 0.95, 0.99)
PERMUTATIONS = 499
COVERED = (0.93, 0.97)
FALSE_ALARMS = (0.0, 0.06)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """What was found and the range it must lie in."""

    of: str
    value: float
    low: float
    high: float

    @property
    def met(self) -> bool:
        return self.low <= self.value <= self.high


def figure(of: str, value: float | np.floating, target: tuple[float, float]) -> Figure:
    return Figure(of=of, value=float(value), low=target[0], high=target[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    print(f"{'':66} {'figure':>8}   target")
    missed = 0
    parts = (quantiles, means, shares, alike, paired_nulls, family, power, clusters, runs)
    for part in parts:
        for found in part(rng, arguments.trials):
            said = "" if found.met else "   MISSED"
            print(f"{found.of:66} {found.value:8.4f}   {found.low:g} to {found.high:g}{said}")
            sys.stdout.flush()
            missed += not found.met
    sys.exit(1 if missed else 0)


def bimodal(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Seven of ten answers from a cache, three not."""
    return np.where(rng.random(shape) < 0.7, rng.normal(1, 0.1, shape), rng.normal(5, 0.5, shape))


def bimodal_quantile(q: float) -> float:
    at = np.linspace(0, 9, 900_001)
    below = 0.7 * stats.norm.cdf(at, 1, 0.1) + 0.3 * stats.norm.cdf(at, 5, 0.5)
    return float(at[np.searchsorted(below, q)])


def quantiles(rng: np.random.Generator, trials: int) -> Iterator[Figure]:
    truths = {
        "lognormal": np.exp(stats.norm.ppf(QS)),
        "bimodal": np.array([bimodal_quantile(q) for q in QS]),
    }
    for name, truth in truths.items():
        for n in (200, 1000, 10_000):
            hits = np.zeros(len(QS))
            for _ in range(trials):
                x = rng.lognormal(size=(1, n)) if name == "lognormal" else bimodal(rng, (1, n))
                made = quantile_estimates(x[0], QS)
                hits += [t in e.interval for t, e in zip(truth, made, strict=True)]
            for q, hit in zip(QS, hits / trials, strict=True):
                yield figure(f"coverage, {q:g} quantile of {name}, n = {n}", hit, COVERED)


def means(rng: np.random.Generator, trials: int) -> Iterator[Figure]:
    for n in (20, 50, 200, 1000):
        normal = [0 in mean(x).interval for x in rng.normal(size=(trials, n))]
        yield figure(f"coverage, mean of normal, n = {n}", np.mean(normal), COVERED)
    skewed = [1 in mean(x).interval for x in rng.exponential(size=(trials, 200))]
    yield figure("coverage, mean of exponential, n = 200", np.mean(skewed), COVERED)


def shares(rng: np.random.Generator, trials: int) -> Iterator[Figure]:  # noqa: ARG001 (exact)
    p = np.linspace(0.0005, 0.9995, 4001)[:, np.newaxis]
    for n in (20, 30, 50, 100, 200):
        made = [proportion(x, n).interval for x in range(n + 1)]
        low, high = np.array([i.low for i in made]), np.array([i.high for i in made])
        chance = stats.binom.pmf(np.arange(n + 1), n, p)
        covered = (chance * ((low <= p) & (p <= high))).sum(axis=1)
        yield figure(f"coverage, share, n = {n}, on average over p", covered.mean(), COVERED)
        yield figure(f"coverage, share, n = {n}, at the worst p", covered.min(), (0.92, 1))


def alike(rng: np.random.Generator, trials: int) -> Iterator[Figure]:
    truth = (np.exp(0.125), *np.exp(0.5 * stats.norm.ppf(QS[:3])))
    for n in (500, 1000, 5000):
        hits = np.zeros(4)
        for _ in range(trials):
            made = series_estimates(np.exp(0.5 * autoregressive(rng, n)), QS[:3])
            every = (made.mean, *made.quantiles)
            hits += [t in e.interval for t, e in zip(truth, every, strict=True)]
        names = ("mean", *(f"{q:g} quantile" for q in QS[:3]))
        for name, hit in zip(names, hits / trials, strict=True):
            yield figure(f"coverage, {name} under AR(1) 0.8, n = {n}", hit, (0.9, 1))


def autoregressive(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Of correlation 0.8 between neighbours, and variance 1."""
    made: NDArray[np.float64] = lfilter([1], [1, -0.8], rng.normal(size=n + 200) * 0.6)[200:]
    return made


def paired_nulls(rng: np.random.Generator, trials: int) -> Iterator[Figure]:
    for n in (20, 50, 200):
        for correlation in (0.0, 0.5, 0.9):
            rejected = np.zeros(4)
            for _ in range(trials):
                shared = rng.normal(size=n) * correlation**0.5
                x, y = shared + rng.normal(size=(2, n)) * (1 - correlation) ** 0.5
                d = np.exp(x) - np.exp(y)
                p_values = [sign_flip_p(d, rng=rng, permutations=PERMUTATIONS), wilcoxon_p(d)]
                for limit in (0.0, 1.3):  # half pass; one in ten does
                    a, b = x > limit, y > limit
                    p_values.append(mcnemar_p(int((a & ~b).sum()), int((~a & b).sum())))
                rejected += np.array(p_values) <= 0.05
            tests = ("sign flips", "Wilcoxon", "McNemar, half pass", "McNemar, a tenth passes")
            for name, share in zip(tests, rejected / trials, strict=True):
                of = f"true null rejected, {name}, n = {n}, correlation {correlation:g}"
                yield figure(of, share, FALSE_ALARMS)


def family(rng: np.random.Generator, trials: int) -> Iterator[Figure]:
    errors = 0
    for _ in range(trials):
        difficulty = rng.normal(size=200)
        scores = {name: difficulty + rng.normal(size=200) > 0 for name in "abcde"}
        seen = Observations((score(),))
        for name, passed in scores.items():
            for prompt, value in enumerate(passed):
                seen.add(name, prompt, {"score": float(value)})
        pairs = evidence(seen).quantities[0].pairs
        errors += any(pair.adjusted_p is not None and pair.adjusted_p <= 0.05 for pair in pairs)
    yield figure("any false alarm among five equal models, Holm", errors / trials, FALSE_ALARMS)


def power(rng: np.random.Generator, trials: int) -> Iterator[Figure]:
    for size in (0.2, 0.5):
        n = prompts_needed(size, sd=1.0)
        found = [
            sign_flip_p(rng.normal(size, 1, n), rng=rng, permutations=PERMUTATIONS) <= 0.05
            for _ in range(trials)
        ]
        off = np.mean(found) - paired_power(size, sd=1.0, n=n)
        yield figure(f"power beyond the planned, {n} prompts, {size:g} sd", off, (-0.03, 0.03))
    n = pass_fail_prompts_needed(0.15, 0.08)
    counts = rng.multinomial(n, [0.15, 0.08, 0.77], 5 * trials).tolist()
    passed = np.mean([mcnemar_p(a, b) <= 0.05 for a, b, _ in counts])
    off = passed - pass_fail_power(0.15, 0.08, n=n)
    yield figure(f"power beyond the planned, {n} prompts, 15 against 8 %", off, (-0.03, 0.03))


def clusters(rng: np.random.Generator, trials: int) -> Iterator[Figure]:
    labels = np.repeat(np.arange(50), 5)
    hits, changes = [], []
    for _ in range(trials):
        x = rng.normal(size=50)[labels] + rng.normal(size=250)
        once = clustered_mean(x, labels).interval
        thrice = clustered_mean(np.tile(x, 3), np.tile(labels, 3)).interval
        hits.append(0 in once)
        changes.append(abs(thrice.width / once.width - 1))
    yield figure("coverage, mean over 50 clusters of 5", np.mean(hits), COVERED)
    yield figure("change of the interval by tripled rows", max(changes), (0, 0.01))


def runs(rng: np.random.Generator, trials: int) -> Iterator[Figure]:
    hits = [
        10 in rate(np.cumsum(rng.exponential(0.1, 1500)), start_s=0, end_s=100).interval
        for _ in range(trials)
    ]
    yield figure("coverage, rate of a Poisson stream", np.mean(hits), COVERED)
    for n in (100, 200, 1000):
        series = [np.exp(0.5 * autoregressive(rng, n)) for _ in range(trials)]
        accused = np.mean([warm_up(x).present for x in series])
        yield figure(f"false warm-ups under AR(1) 0.8, n = {n}", accused, (0, 0.07))
        changed = np.mean([stability(x, rng=rng).kind != "steady" for x in series[:500]])
        yield figure(f"false changes under AR(1) 0.8, n = {n}", changed, (0, 0.07))


if __name__ == "__main__":
    main()
