"""How sure a comparison is, in words: the same ones in the terminal, in Markdown and in JSON."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from math import isfinite
from typing import Final

from modelforge.compare.evidence import Evidence, Pair, QuantityEvidence
from modelforge.compare.quantity import Quantity, Unit
from modelforge.export.measure import count, dollars, duration, percent, speed
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.paired_comparison import PairedComparison
from modelforge.stats.power import fewest_pairs
from modelforge.stats.verdict import Outcome, Verdict, Wording, sized

_SMALLEST_P: Final = 0.001
_THOUSAND: Final = 999.5  # where rounding would add a digit
_A_TENTH_S: Final = 0.0995


def amount(quantity: Quantity, value: float) -> str:
    """A value in its unit: ``0.84 s``, ``$0.0012``, ``34.7 %``."""
    if value < 0:
        return f"-{amount(quantity, -value)}"
    return _WRITTEN[quantity.unit](value)


def signed(quantity: Quantity, value: float) -> str:
    """A difference in its unit; of shares in points, which per cent are not."""
    if not isfinite(value):
        return "any size"
    if not value:
        return "0"
    size = abs(value)
    written = f"{percent(size)} points" if quantity.unit is Unit.SHARE else (amount(quantity, size))
    return f"{'+' if value > 0 else '-'}{written}"


def span(quantity: Quantity, low: float, high: float) -> str:
    """Two differences, their unit once where they share it: ``-58 to -52 ms``."""
    return _once((signed(quantity, low), low), (signed(quantity, high), high))


def spread(quantity: Quantity, interval: Interval) -> str:
    """``0.80 to 0.88 s``: the ends, the unit once; ``0.80 s or more`` where there is no other."""
    low, high = interval.low, interval.high
    if not isfinite(high):
        return f"{amount(quantity, low)} or more" if isfinite(low) else "any"
    if not isfinite(low):
        return f"{amount(quantity, high)} or less"
    return _once((amount(quantity, low), low), (amount(quantity, high), high))


def _once(*ends: tuple[str, float]) -> str:
    """Both ends, each as written and as it is, in one unit, and that once."""
    units = {written.partition(" ")[2] for written, _ in ends}
    if units == {"ms", "s"}:
        low, high = (_in_seconds(*end) for end in ends)
    else:
        (low, _), (high, _) = ends
    unit = low.partition(" ")[2]
    if unit and high.endswith(f" {unit}"):
        low = low.removesuffix(f" {unit}")
    return f"{low} to {high}"


def _in_seconds(written: str, seconds: float) -> str:
    if not written.endswith(" ms"):
        return written
    sign = written[0] if written[0] in "+-" else ""
    return f"{sign}{abs(seconds):.2g} s"


def pair_verdict(pair: Pair, quantity: Quantity) -> Verdict | None:
    """The verdict in the quantity's own words; None where there is no comparison."""
    if pair.comparison is None:
        return None
    return pair.comparison.verdict(adjusted_p=pair.adjusted_p, wording=_wording(quantity))


def _wording(quantity: Quantity) -> Wording:
    high = quantity.higher_is_better is not False
    return Wording(
        better=quantity.called(more=high),
        worse=quantity.called(more=not high),
        signed=partial(signed, quantity),
        span=partial(span, quantity),
    )


def behind(pair: Pair, quantity: Quantity, *, several: bool) -> tuple[str, ...]:
    """The figures behind a verdict, for those who want them."""
    made = pair.comparison
    if made is None or pair.adjusted_p is None:
        return ()
    corrected = " (Holm)" if several else ""
    parts = [f"{p_value(pair.adjusted_p)}{corrected}", f"{count(pair.prompts)} prompts"]
    if made.pass_fail is not None and made.pass_fail.discordant:
        parts.append(f"alone {made.pass_fail.first_only} : {made.pass_fail.second_only}")
    if made.effect_size is not None:
        parts.append(f"effect {made.effect_size:+.2f} sd")
    if made.detectable:
        parts.append(f"finds {signed(quantity, made.detectable).lstrip('+')}")
    if made.equivalence_p is not None:
        parts.append(f"equivalence {p_value(made.equivalence_p)}")
    return tuple(parts)


def pair_row(pair: Pair, each: QuantityEvidence) -> tuple[str, str, str, str] | None:
    """A pair in four cells: who, is what, than whom, by how much; None where there is none.

    The one that does better goes first, so that no sign is left to be thought about.
    """
    made, said = pair.comparison, pair_verdict(pair, each.quantity)
    if made is None or said is None:
        return None
    ends = made.difference.interval
    decided = said.outcome in {Outcome.BETTER, Outcome.WORSE}
    leaning = said.outcome is Outcome.NOT_DISTINGUISHABLE and (ends.low > 0 or ends.high < 0)
    if decided or leaning:
        higher = each.quantity.higher_is_better is not False
        turned = (made.difference.point > 0) != higher
        first, second = (pair.second, pair.first) if turned else (pair.first, pair.second)
        size = sized(made.difference, _wording(each.quantity)).replace("(likely ", "(")
        word = f"{'' if decided else 'looks '}{_winning(each.quantity)} than"
        return first, word, second, f"by {size}"
    if ends.low == ends.high == 0:
        return pair.first, "same as", pair.second, "on every prompt"
    word = "equals" if said.outcome is Outcome.EQUIVALENT else "not told from"
    return pair.first, word, pair.second, span(each.quantity, ends.low, ends.high)


def _winning(quantity: Quantity) -> str:
    return quantity.less if quantity.higher_is_better is False else quantity.more


def p_value(value: float) -> str:
    """``p < 0.001``, ``p = 0.032``."""
    return "p < 0.001" if value < _SMALLEST_P else f"p = {value:.3f}"


def few(evidence: Evidence) -> str | None:
    """What is said instead of it all where the prompts are too few for any verdict."""
    least = fewest_pairs(round(1 - evidence.level, 12))
    if evidence.prompts < least:
        return (
            f"{evidence.prompts} prompts are too few to tell models apart: ask {least} or more;"
            " modelforge plan says how many"
        )
    if evidence.clusters and evidence.clusters < least:
        return (
            f"{evidence.prompts} prompts in {evidence.clusters} clusters are too few to tell models"
            f" apart: ask prompts of {least} clusters or more"
        )
    return None


def title(evidence: Evidence) -> tuple[str, ...]:
    """The heading: how sure, of how many prompts."""
    parts = [f"{100 * evidence.level:.4g} % intervals", f"{count(evidence.prompts)} prompts"]
    if evidence.clusters:
        parts.append(f"{count(evidence.clusters)} cluster{'s' * (evidence.clusters > 1)}")
    return tuple(parts)


def told(each: QuantityEvidence) -> bool:
    """Whether there is anything to tell: not where every model has the same for nothing."""
    points = {figures.mean.point for figures in each.figures if figures.mean is not None}
    return each.quantity.unit is not Unit.DOLLARS or points != {0.0}


def alike(each: QuantityEvidence) -> bool:
    """Whether all models came out the same on every prompt."""
    return bool(each.pairs) and all(_same(pair.comparison) for pair in each.pairs)


def _same(made: PairedComparison | None) -> bool:
    if made is None or made.difference.point != 0:
        return False
    if made.pass_fail is not None:
        return made.pass_fail.discordant == 0
    return made.difference.interval.width == 0


def best(each: QuantityEvidence) -> str:
    """The model with the best mean, whether or not that is chance."""
    lower = each.quantity.higher_is_better is False
    means = {f.model: f.mean.point for f in each.figures if f.mean is not None}
    if not means:
        return each.figures[0].model
    return min(means, key=lambda model: means[model] if lower else -means[model])


def leader(each: QuantityEvidence) -> str:
    """Which of several models stands out, in one sentence under the quantity's label."""
    word, ahead = _winning(each.quantity), best(each)
    won = [
        pair.adjusted_p
        for pair in each.pairs
        for said in (pair_verdict(pair, each.quantity),)
        if said is not None and pair.adjusted_p is not None
        if (said.outcome is Outcome.BETTER and pair.first == ahead)
        or (said.outcome is Outcome.WORSE and pair.second == ahead)
    ]
    if len(won) == len(each.figures) - 1:
        chance = "not" if max(won) < _SMALLEST_P else "hardly"
        return f"{ahead} is {word} than every other, and that is {chance} chance."
    return f"No model is surely {word} than every other."


def cells(each: QuantityEvidence, *, unknown: str) -> list[tuple[str, list[str]]]:
    """A model a row: its name, and its mean, p50 and p95 with their intervals (a share: one)."""
    return [
        (
            figures.model,
            [
                _cell(each.quantity, estimate, unknown)
                for estimate in (figures.mean, *figures.quantiles)
            ],
        )
        for figures in each.figures
    ]


def _cell(quantity: Quantity, estimate: Estimate | None, unknown: str) -> str:
    if estimate is None:
        return unknown
    point, interval = amount(quantity, estimate.point), estimate.interval
    unit = point.partition(" ")[2]
    if unit == "ms":  # its ends are too, so that no reader moves a point to compare them
        return f"{point} ({_in_milliseconds(interval)})"
    ends = spread(quantity, interval)
    if unit:
        ends = ends.removesuffix(f" {unit}").replace(f" {unit} or ", " or ")
    return f"{point} ({ends})"


def _in_milliseconds(interval: Interval) -> str:
    low, high = (
        duration(end).removesuffix(" ms") if end < _A_TENTH_S else f"{1000 * end:,.0f}"
        for end in (interval.low, interval.high)
    )
    if not isfinite(interval.high):
        return f"{low} or more" if isfinite(interval.low) else "any"
    return f"{high} or less" if not isfinite(interval.low) else f"{low} to {high}"


def _figures(value: float) -> str:
    """Three digits that count, ``6.50`` and ``0.0335``, and no exponent for what is large."""
    if value >= _THOUSAND or not value:
        return f"{value:,.0f}"
    return f"{value:#.3g}".removesuffix(".")


def _dollars(value: float) -> str:
    return dollars(Decimal(f"{value:.3g}"))


_WRITTEN: Final[dict[Unit, Callable[[float], str]]] = {
    Unit.SHARE: lambda value: f"{percent(value)} %",
    Unit.SECONDS: duration,
    Unit.TOKENS: speed,
    Unit.TOKENS_PER_S: speed,
    Unit.DOLLARS: _dollars,
    Unit.SCORE: _figures,
}
