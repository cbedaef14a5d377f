"""How much to measure: from assumptions, or from a pilot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from modelforge.app.graded import GradedTable, read_graded
from modelforge.app.measured_runs import report_document
from modelforge.benchmark.figure import figure_named
from modelforge.compare.observations import Observations
from modelforge.compare.quantity import score
from modelforge.core.errors import UsageError
from modelforge.stats.clustered import clustered_mean
from modelforge.stats.planning import Spread, plan, seconds_needed, spread_of_pilot
from modelforge.stats.power import (
    detectable_difference,
    fewest_pairs,
    pass_fail_prompts_needed,
    prompts_needed,
)
from modelforge.stats.sizes import (
    SizePlan,
    SizeUnit,
    detectable_between_runs,
    detectable_pass_difference,
    discordant_share,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PAIR = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is asked of a plan: how much finds ``difference``, or what ``size`` of it finds.

    Attributes:
        difference: in the unit of the scores; ``relative``: a part of the pilot's mean.
        size: prompts, or seconds of each run.
    """

    difference: float | None
    relative: bool = False
    size: float | None = None
    repeats: int = 1
    power: float = 0.8
    alpha: float = 0.05


def plan_from_spread(spread: Spread, wanted: Wanted, *, basis: str, mean: float | None) -> SizePlan:
    """Of scores that are amounts.

    Raises:
        UsageError: the difference is relative and there is no mean; and what `plan` raises.
    """
    if wanted.size is None:
        difference = _difference(wanted, mean)
        found = plan(
            difference,
            spread=spread,
            repeats=wanted.repeats,
            power=wanted.power,
            alpha=wanted.alpha,
        )
        return _plan("prompts", found.prompts, difference, mean=mean, wanted=wanted, basis=basis)
    prompts, sd = _whole(wanted.size), spread.sd(wanted.repeats)
    least = None
    if prompts >= fewest_pairs(wanted.alpha):
        least = detectable_difference(sd=sd, n=prompts, power=wanted.power, alpha=wanted.alpha)
    return _plan("prompts", prompts, least, mean=mean, wanted=wanted, basis=basis)


def plan_pass_fail(
    first_rate: float, wanted: Wanted, *, discordant: float | None, basis: str
) -> SizePlan:
    """Of passes and fails, with McNemar's exact test.

    Raises:
        UsageError: repeats are asked for, the difference leads out of 0 to 1, or is more than
            ``discordant``; and what the power of the test raises.
    """
    if wanted.repeats != 1:
        raise UsageError(
            "what repeats add to passes and fails is not known of single answers: plan with --sd"
            " and --repeat-sd, or from a pilot that has repeats"
        )
    difference = abs(wanted.difference or 0.0)
    if 0 <= first_rate <= 1 and first_rate - difference < 0 and first_rate + difference > 1:
        raise UsageError(
            f"no pass rate lies {difference:g} from {first_rate:g}: both are within 0 and 1"
        )
    if wanted.size is None:
        second_rate = first_rate + difference
        if second_rate > 1:
            second_rate = first_rate - difference
        both_differ = (
            discordant_share(first_rate, second_rate) if discordant is None else discordant
        )
        if both_differ < difference:
            raise UsageError(
                f"a difference of {difference:g} needs at least as many prompts that only one"
                f" passes, and there are {both_differ:g}"
            )
        alone = ((both_differ + difference) / 2, (both_differ - difference) / 2)
        prompts = pass_fail_prompts_needed(*alone, power=wanted.power, alpha=wanted.alpha)
        return _plan(
            "prompts", prompts, difference, mean=None, wanted=wanted, basis=basis, shares=True
        )
    both_differ = discordant_share(first_rate, first_rate) if discordant is None else discordant
    least = detectable_pass_difference(
        both_differ, n=_whole(wanted.size), power=wanted.power, alpha=wanted.alpha
    )
    return _plan(
        "prompts", _whole(wanted.size), least, mean=None, wanted=wanted, basis=basis, shares=True
    )


def plan_from_table(table: GradedTable, wanted: Wanted, *, models: Sequence[str]) -> SizePlan:
    """From a pilot of graded answers, or an export of a comparison, of two models.

    Raises:
        PromptError, UsageError: it cannot be read, or the two models are not in it; and what the
            plan raises.
    """
    quantity = score(table.score)
    seen = read_graded(table, quantity)
    first, second = _two(seen, models, table.path)
    a, b = seen.repeats_of(quantity, first), seen.repeats_of(quantity, second)
    shared = [prompt for prompt in a if prompt in b]
    if len(shared) < _PAIR:
        raise UsageError(
            f"{table.path}: {first} and {second} share {len(shared)} cases: 2 and more"
        )
    basis = f"a pilot of {len(shared):,} cases of {first} and {second}"
    if (labels := seen.clusters_of(shared)) is not None:
        means = [fmean(a[prompt]) - fmean(b[prompt]) for prompt in shared]
        mean = fmean([fmean([*a[prompt], *b[prompt]]) for prompt in shared])
        shares = seen.graded(quantity)
        return _plan_clusters(means, labels, wanted, basis=basis, mean=mean, shares=shares)
    if seen.graded(quantity) and all(len(a[p]) == len(b[p]) == 1 for p in shared):
        alone = sum(a[prompt] != b[prompt] for prompt in shared) / len(shared)
        rate = sum(a[prompt][0] for prompt in shared) / len(shared)
        if not alone:
            raise UsageError(
                f"{table.path}: no case tells {first} and {second} apart: a larger pilot"
            )
        return plan_pass_fail(
            rate,
            wanted,
            discordant=max(alone, abs(wanted.difference or 0.0)),
            basis=f"{basis}, which differ in {100 * alone:.3g} %",
        )
    differences = [[x - y for x, y in zip(a[prompt], b[prompt], strict=False)] for prompt in shared]
    values = [value for prompt in shared for value in (*a[prompt], *b[prompt])]
    spread = spread_of_pilot(differences)
    return plan_from_spread(spread, wanted, basis=basis, mean=sum(values) / len(values))


def _plan_clusters(
    differences: Sequence[float],
    labels: NDArray[np.intp],
    wanted: Wanted,
    *,
    basis: str,
    mean: float,
    shares: bool,
) -> SizePlan:
    """In whole clusters, which are what a comparison of clustered prompts counts.

    The spread is that of the cluster-robust error; the clusters to come are as large as the
    pilot's.

    Raises:
        UsageError: repeats are asked for, there is one cluster only, or no spread between them.
    """
    if wanted.repeats != 1:
        raise UsageError(
            "what repeats add within clusters is not known of a pilot: plan without --repeats"
        )
    made = clustered_mean(differences, labels)
    clusters = int(labels.max()) + 1
    sd = (made.standard_error or 0.0) * math.sqrt(clusters)
    if not sd:
        raise UsageError("every difference of the pilot is the same: a larger pilot")
    each = len(differences) / clusters
    basis = f"{basis} in {clusters:,} clusters, and on others of {each:.3g} cases each"
    of_mean = None if shares else mean
    if wanted.size is None:
        size = abs(wanted.difference or 0.0) if shares else _difference(wanted, mean)
        needed = prompts_needed(size, sd=sd, power=wanted.power, alpha=wanted.alpha)
        found = math.ceil(needed * each)
        return _plan(
            "prompts", found, size, mean=of_mean, wanted=wanted, basis=basis, shares=shares
        )
    found, whole = _whole(wanted.size), int(wanted.size / each)
    least = None
    if whole >= fewest_pairs(wanted.alpha):
        least = detectable_difference(sd=sd, n=whole, power=wanted.power, alpha=wanted.alpha)
    return _plan("prompts", found, least, mean=of_mean, wanted=wanted, basis=basis, shares=shares)


def plan_from_report(path: Path, wanted: Wanted, *, figure: str) -> SizePlan:
    """How long two runs must be, from the report of one: of a mean, such as ``e2e.mean``.

    Raises:
        UsageError: it is no report, or has no interval of the figure.
    """
    asked = figure_named(figure)
    document = report_document(path)
    found = document["statistics"] or {"rates": {}, "measures": {}, "runs": 1}
    record = (
        found["rates"].get(asked.name)
        if asked.statistic is None
        else (found["measures"].get(asked.measure) or {"estimates": {}})["estimates"].get(
            asked.statistic
        )
    )
    if found["runs"] > 1 or record is None or not record["standard_error"]:
        raise UsageError(
            f"{path}: a pilot is one run with an interval of {figure}: of several runs, and of few"
            " requests, there is none"
        )
    point, error, seconds = record["point"], record["standard_error"], document["duration_s"]
    basis = (
        f"a pilot of {seconds:.3g} s, whose {asked.label} is {point:.4g} give or take {error:.2g}"
    )
    if wanted.size is None:
        difference = _difference(wanted, point)
        needed = seconds_needed(
            difference,
            sd=error * math.sqrt(record["n"]),
            per_second=record["n"] / seconds,
            power=wanted.power,
            alpha=wanted.alpha,
        )
        return _plan("seconds", needed, difference, mean=point, wanted=wanted, basis=basis)
    least = detectable_between_runs(
        error, pilot_s=seconds, seconds=wanted.size, power=wanted.power, alpha=wanted.alpha
    )
    return _plan("seconds", wanted.size, least, mean=point, wanted=wanted, basis=basis)


def _plan(
    unit: SizeUnit,
    size: float,
    difference: float | None,
    *,
    mean: float | None,
    wanted: Wanted,
    basis: str,
    shares: bool = False,
) -> SizePlan:
    relative = None if not mean or difference is None else difference / abs(mean)
    return SizePlan(
        unit=unit,
        size=size,
        repeats=wanted.repeats,
        difference=difference,
        relative=relative,
        power=wanted.power,
        alpha=wanted.alpha,
        basis=basis,
        of_shares=shares,
    )


def _difference(wanted: Wanted, mean: float | None) -> float:
    size = abs(wanted.difference or 0.0)
    if not wanted.relative:
        return size
    if not mean:
        raise UsageError("a difference in per cent needs a pilot, whose mean it is a part of")
    return size * abs(mean)


def _whole(size: float) -> int:
    if size != int(size) or size < _PAIR:
        raise UsageError(f"--prompts must be a whole number of at least 2, not {size:g}")
    return int(size)


def _two(seen: Observations, models: Sequence[str], path: str) -> tuple[str, str]:
    names = tuple(models) or seen.models
    missing = [name for name in names if name not in seen.models]
    if missing or len(names) != _PAIR:
        there = ", ".join(seen.models)
        raise UsageError(
            f"{path}: a pilot is of two models: name them with --model A --model B; there are"
            f" {there}"
        )
    return names[0], names[1]
