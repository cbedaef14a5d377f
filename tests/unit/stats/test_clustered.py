"""Means, quantiles and shares of values that come in clusters."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.core.errors import OutOfRange, TooFewValues
from modelforge.stats.clustered import clustered_mean, clustered_quantile, clustered_share
from modelforge.stats.proportion import proportion


def clustered(rng: np.random.Generator, *, groups: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Values whose clusters differ as much as the values within them."""
    labels = np.repeat(np.arange(groups), each)
    return rng.normal(0, 1, groups)[labels] + rng.normal(0, 1, labels.size), labels


def test_a_quantile_of_clusters_is_covered() -> None:
    rng = np.random.default_rng(3)
    hits = [
        0.0 in clustered_quantile(*clustered(rng, groups=40, each=5), 0.5).interval
        for _ in range(400)
    ]
    assert 0.92 <= np.mean(hits) <= 0.985


def test_repeating_rows_inside_clusters_changes_nothing() -> None:
    x, labels = clustered(np.random.default_rng(4), groups=30, each=4)
    once, thrice = (
        clustered_quantile(np.tile(x, n), np.tile(labels, n), 0.5).interval for n in (1, 3)
    )
    assert thrice.width == pytest.approx(once.width, rel=0.06)  # between other ranks
    passed = (x > 0).astype(float)
    once, thrice = (
        clustered_share(np.tile(passed, n), np.tile(labels, n)).interval for n in (1, 3)
    )
    assert thrice.width == pytest.approx(once.width, rel=0.01)


def test_a_share_without_clusters_is_wilsons() -> None:
    assert clustered_share([1.0] * 7 + [0.0] * 3).interval == proportion(7, 10).interval


def test_a_share_of_averaged_repeats_is_worth_its_spread() -> None:
    made = clustered_share([0.5] * 10 + [0.6] * 10)  # hardly differs from prompt to prompt
    assert made.point == pytest.approx(0.55)
    assert made.interval.width < proportion(11, 20).interval.width


def test_passes_everywhere_are_worth_a_cluster_each() -> None:
    made = clustered_share([1.0] * 40, np.arange(40) // 4)
    assert made.interval == proportion(10, 10).interval


def test_a_share_of_clusters_is_covered() -> None:
    rng = np.random.default_rng(5)
    hits = []
    for _ in range(500):
        chances = rng.beta(2, 2, 40)
        labels = np.repeat(np.arange(40), 5)
        passed = (rng.random(200) < chances[labels]).astype(float)
        hits.append(0.5 in clustered_share(passed, labels).interval)
    assert 0.92 <= np.mean(hits) <= 0.985


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(OutOfRange, match="share"):
        clustered_share([0.5, 1.5])
    for function in (clustered_mean, clustered_share):
        with pytest.raises(TooFewValues):
            function([0.0, 1.0], ["a", "a"])
