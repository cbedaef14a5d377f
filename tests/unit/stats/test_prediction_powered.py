"""A judge sharpens what humans say, and never bends it."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.core.errors import LengthsDiffer, NotFinite, TooFewValues
from modelforge.stats.mean import mean
from modelforge.stats.prediction_powered import prediction_powered_mean


@pytest.mark.parametrize(("noise", "narrower"), [(0.3, 0.75), (100.0, 1.05)])
def test_the_truth_is_covered_and_a_good_judge_narrows_it(noise: float, narrower: float) -> None:
    rng = np.random.default_rng(1)
    hits, widths = [], []
    for _ in range(1000):
        truth = rng.normal(5, 1, 1050)
        judge = truth + 2 + rng.normal(0, noise, 1050)  # it is generous to all
        made = prediction_powered_mean(truth[:50], judge[:50], judge[50:])
        hits.append(5 in made.interval)
        widths.append(made.interval.width / mean(truth[:50]).interval.width)
    assert 0.93 <= np.mean(hits) <= 0.97
    assert np.mean(widths) <= narrower


def test_a_judge_that_always_says_the_same_leaves_the_humans_mean() -> None:
    human = [1.0, 2.0, 4.0]
    made = prediction_powered_mean(human, [3.0] * 3, [3.0] * 9)
    alone = mean(human)
    assert (made.point, made.interval.low) == pytest.approx((alone.point, alone.interval.low))


def test_what_does_not_belong_together_is_refused() -> None:
    with pytest.raises(LengthsDiffer):
        prediction_powered_mean([1.0, 2.0], [1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(TooFewValues):
        prediction_powered_mean([1.0, 2.0], [1.0, 2.0], [1.0])
    with pytest.raises(NotFinite):
        prediction_powered_mean([1.0, float("nan")], [1.0, 2.0], [1.0, 2.0])
    same = prediction_powered_mean([1.0, 1.0], [0.0, 0.0], [0.0, 0.0])
    assert (same.interval.low, same.interval.high) == (1, 1)
