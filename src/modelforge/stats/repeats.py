"""Several answers to one prompt are one observation of it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from modelforge.core.errors import LengthsDiffer
from modelforge.stats.estimate import Estimate
from modelforge.stats.mean import mean
from modelforge.stats.sample import sample

_Prompt = TypeVar("_Prompt", bound=Hashable)


def average_repeats(prompts: Sequence[_Prompt], values: ArrayLike) -> dict[_Prompt, float]:
    """The mean value of each prompt, in the order the prompts come first.

    Repeats of a prompt share its difficulty; counted one by one they would pass for independent.

    Raises:
        LengthsDiffer: not one prompt for each value; and what `sample` raises.
    """
    x = sample(values)
    if len(prompts) != x.size:
        raise LengthsDiffer(f"{x.size} values and {len(prompts)} prompts")
    numbers: dict[_Prompt, int] = {}
    index = np.array([numbers.setdefault(prompt, len(numbers)) for prompt in prompts])
    means = np.bincount(index, weights=x) / np.bincount(index)
    return dict(zip(numbers, means.tolist(), strict=True))


def shared_prompts(
    first: Mapping[_Prompt, float], second: Mapping[_Prompt, float]
) -> tuple[list[_Prompt], list[float], list[float]]:
    """The prompts that both have, in the first one's order, and both values of each."""
    shared = [prompt for prompt in first if prompt in second]
    return shared, [first[prompt] for prompt in shared], [second[prompt] for prompt in shared]


def mean_of_runs(run_values: Sequence[float], *, level: float = 0.95) -> Estimate:
    """One figure of each of several runs (its median latency, its throughput) as one estimate.

    Student's t over the runs: what differs from run to run is in the interval, which one long run
    cannot know. Two runs give a very wide one, and rightly.

    Raises:
        TooFewValues: fewer than two runs; and what `sample` and `share` raise.
    """
    made = mean(run_values, level=level)
    return Estimate(
        point=made.point,
        interval=made.interval,
        standard_error=made.standard_error,
        method=f"{made.method}, between {made.n} runs",
        n=made.n,
    )
