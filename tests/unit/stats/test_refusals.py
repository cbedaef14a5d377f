"""Whatever it is given, every public function has a defined answer or a named refusal."""

from __future__ import annotations

import ast
import dataclasses
import math
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import modelforge.stats
from modelforge.core.errors import LengthsDiffer, NotFinite, UnusableSample
from modelforge.stats.autocorrelation import autocorrelation
from modelforge.stats.bootstrap import bca_bootstrap
from modelforge.stats.bradley_terry import Vote, ratings
from modelforge.stats.clustered import clustered_mean, clustered_quantile, clustered_share
from modelforge.stats.effect_size import standardised_difference
from modelforge.stats.histogram import LogHistogram, UncountableValue
from modelforge.stats.holm import holm
from modelforge.stats.krippendorff import krippendorff_alpha
from modelforge.stats.mcnemar import mcnemar, mcnemar_p
from modelforge.stats.mean import mean
from modelforge.stats.outliers import outliers
from modelforge.stats.paired_comparison import compare_paired
from modelforge.stats.paired_runs import compare_runs
from modelforge.stats.planning import Spread, plan, seconds_needed, spread_of_pilot
from modelforge.stats.pooled_quantile import pooled_quantiles
from modelforge.stats.power import (
    detectable_difference,
    paired_power,
    pass_fail_power,
    pass_fail_prompts_needed,
    prompts_needed,
)
from modelforge.stats.prediction_powered import prediction_powered_mean
from modelforge.stats.proportion import proportion
from modelforge.stats.quantile_interval import quantile_estimate, quantile_estimates, values_needed
from modelforge.stats.rate import rate
from modelforge.stats.repeats import average_repeats, mean_of_runs
from modelforge.stats.run_difference import non_inferiority, run_difference, run_ratio
from modelforge.stats.series import series_estimates
from modelforge.stats.sign_flip import sign_flip_p
from modelforge.stats.sizes import (
    detectable_between_runs,
    detectable_pass_difference,
    discordant_share,
)
from modelforge.stats.stability import stability
from modelforge.stats.warm_up import warm_up
from modelforge.stats.wilcoxon import wilcoxon_p

PART = LogHistogram.of([1.0, 2.0, 3.0])


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


OF_ONE_SAMPLE: dict[str, Callable[[Any], object]] = {
    "autocorrelation": autocorrelation,
    "average_repeats": lambda x: average_repeats(range(len(x)), x),
    "bca_bootstrap": lambda x: bca_bootstrap(x, rng=rng(), resamples=50),
    "clustered_mean": lambda x: clustered_mean(x, np.arange(len(x)) // 2),
    "clustered_quantile": lambda x: clustered_quantile(x, np.arange(len(x)) // 2, 0.9),
    "clustered_share": clustered_share,
    "holm": holm,
    "krippendorff_alpha": lambda x: krippendorff_alpha([[v, v / 2] for v in x], metric="interval"),
    "mean": mean,
    "mean_of_runs": mean_of_runs,
    "outliers": outliers,
    "quantile_estimate": lambda x: quantile_estimate(x, 0.9),
    "rate": lambda x: rate(x, start_s=-1.0, end_s=1.0),
    "series_estimates": series_estimates,
    "sign_flip_p": lambda x: sign_flip_p(x, rng=rng(), permutations=50),
    "spread_of_pilot": lambda x: spread_of_pilot([[value] for value in x]),
    "stability": lambda x: stability(x, rng=rng()),
    "standardised_difference": standardised_difference,
    "warm_up": warm_up,
    "wilcoxon_p": wilcoxon_p,
}
OF_TWO_SAMPLES: dict[str, Callable[[Any, Any], object]] = {
    "average_repeats": lambda x, y: average_repeats(list(y), x),
    "clustered_mean": clustered_mean,
    "clustered_quantile": lambda x, y: clustered_quantile(x, y, 0.5),
    "clustered_share": clustered_share,
    "compare_runs": lambda x, y: compare_runs(x, y, margin=0.1),
    "compare_paired": lambda x, y: compare_paired(x, y, rng=rng(), margin=0.1),
    "mcnemar": mcnemar,
    "prediction_powered_mean": lambda x, y: prediction_powered_mean(x, y, y),
    "sign_flip_p": lambda x, y: sign_flip_p(x, rng=rng(), clusters=y, permutations=50),
}
OF_NUMBERS: dict[str, Callable[..., object]] = {
    "detectable_between_runs": lambda a, b: detectable_between_runs(a, pilot_s=b, seconds=10),
    "detectable_pass_difference": lambda a, b: detectable_pass_difference(a, n=20, power=b),
    "discordant_share": discordant_share,
    "detectable_difference": lambda a, b: detectable_difference(sd=a, n=20, power=b),
    "run_difference": lambda a, b: run_difference(mean([a, b]), mean([b, 1.0])),
    "run_ratio": lambda a, b: run_ratio(mean([a, b]), mean([b, 1.0])),
    "pooled_quantiles": lambda a, b: pooled_quantiles([PART] * 8, (a,), level=b),
    "quantile": lambda a, b: quantile_estimates([a, b], (0.5,)),
    "gate": lambda a, b: non_inferiority(mean([1.0, 2.0]), mean([1.0, 2.0]), margin=a + b),
    "mcnemar_p": mcnemar_p,
    "paired_power": lambda a, b: paired_power(a, sd=b, n=20),
    "pass_fail_power": lambda a, b: pass_fail_power(a, b, n=20),
    "pass_fail_prompts_needed": pass_fail_prompts_needed,
    "plan": lambda a, b: plan(a, spread=Spread(between_prompts_sd=1, within_prompt_sd=b)),
    "prompts_needed": lambda a, b: prompts_needed(a, sd=b),
    "proportion": proportion,
    "quantile_estimate": lambda a, b: quantile_estimate([1.0, 2.0, 3.0], a, level=b),
    "seconds_needed": lambda a, b: seconds_needed(a, sd=b, per_second=10),
    "values_needed": lambda a, b: values_needed(a, level=b),
}

ANY = st.floats() | st.sampled_from([0.0, 1.0, 0.5, 1e120, -1e120, 1e-300])
SAMPLES = st.one_of(
    st.lists(ANY, max_size=12),
    st.lists(st.floats(-1e120, 1e120), min_size=20, max_size=80),
    st.builds(lambda value, n: [value] * n, ANY, st.integers(0, 80)),
    st.lists(st.sampled_from([0.0, 1.0]), max_size=80),
    st.lists(st.floats(0, 1), min_size=50, max_size=60),
)


def answer(function: Callable[..., object], *given_: object) -> None:
    """It is refused by name, or what comes has no NaN anywhere, and nothing is warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = function(*given_)
        except UnusableSample:
            return
    for number in numbers_in(found):
        assert not math.isnan(number), found


def numbers_in(found: object) -> list[float]:
    if dataclasses.is_dataclass(found):
        inner: list[object] = [getattr(found, f.name) for f in dataclasses.fields(found)]
    elif isinstance(found, Mapping):
        inner = list(found.values())
    elif isinstance(found, list | tuple):
        inner = list(found)
    else:
        return [found] if isinstance(found, float) else []
    return [number for part in inner for number in numbers_in(part)]


@pytest.mark.parametrize("name", OF_ONE_SAMPLE)
@settings(max_examples=60, deadline=None)
@given(x=SAMPLES)
def test_one_sample(name: str, x: list[float]) -> None:
    answer(OF_ONE_SAMPLE[name], x)


@pytest.mark.parametrize("name", OF_TWO_SAMPLES)
@settings(max_examples=40, deadline=None)
@given(x=SAMPLES, y=SAMPLES, cut=st.booleans())
def test_two_samples(name: str, x: list[float], y: list[float], cut: bool) -> None:
    if cut:
        x, y = x[: len(y)], y[: len(x)]
    answer(OF_TWO_SAMPLES[name], x, y)


@pytest.mark.parametrize("name", OF_NUMBERS)
@settings(max_examples=60, deadline=None)
@given(a=ANY | st.floats(0, 1), b=ANY | st.floats(0, 1))
def test_numbers(name: str, a: float, b: float) -> None:
    answer(OF_NUMBERS[name], a, b)


VOTES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), ANY, st.integers(0, 3)), max_size=8
)


@settings(max_examples=40, deadline=None)
@given(votes=VOTES)
def test_votes(votes: list[tuple[str, str, float, int]]) -> None:
    listed = [Vote(prompt=p, first=a, second=b, score=score) for a, b, score, p in votes]
    answer(lambda: ratings(listed, rng=rng(), resamples=5))


@settings(max_examples=60, deadline=None)
@given(x=SAMPLES)
def test_a_histogram_counts_or_refuses(x: list[float]) -> None:
    try:
        held = LogHistogram.of(x)
    except UncountableValue:
        return
    assert held.count == len(x)
    for q in (0.0, 0.5, 1.0):
        found = held.quantile(q)
        assert (found is None) == (not x)
        assert found is None or min(x) <= found <= max(x)


def test_every_public_function_is_in_a_table() -> None:
    """A function that is added is tested here, or listed with the reason that it is not."""
    tested = Path(__file__).read_text()
    elsewhere = {
        *("normal_quantile", "normal_cdf", "t_quantile", "t_cdf", "noncentral_t_cdf"),
        *("binomial_cdf", "poisson_rate_below", "order_below"),  # scipy's, never given samples
        *("sample", "paired", "passes", "share", "positive", "whole", "groups"),  # the refusals
        *("batch_count", "batch_means", "integrated_time", "time_of", "ranks_of", "coarse"),
        *("from_error", "constant", "from_ordered", "at_share", "row_means", "wilson", "fewest"),
        *(
            "fewest_pairs",
            "equivalence_p",
            "verdict",
            "sized",
            "shared_prompts",
            "quantiles_of_sorted",
            "quantiles_of_series",
            "places_of_share",
            "places_read",
            "rate_of_parts",
            "ratio_of",  # of the end of an interval, which may be infinite
        ),
    }
    folder = Path(modelforge.stats.__file__).parent
    public = {
        node.name
        for path in folder.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    missing = {name for name in public - elsewhere if f"{name}(" not in tested.replace(",", "(")}
    assert not missing


@pytest.mark.parametrize("name", OF_ONE_SAMPLE)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_named(name: str, bad: float) -> None:
    with pytest.raises(NotFinite, match="value"):
        OF_ONE_SAMPLE[name]([0.1, 0.2, 0.3, bad] + [0.5] * 60)


@pytest.mark.parametrize("name", OF_TWO_SAMPLES)
def test_what_does_not_match_is_named(name: str) -> None:
    with pytest.raises(LengthsDiffer):
        OF_TWO_SAMPLES[name]([0.0, 1.0, 1.0], [0.0, 1.0])
