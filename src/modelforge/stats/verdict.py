"""What a comparison comes to, in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from modelforge.core.errors import OutOfRange
from modelforge.stats.distributions import t_cdf
from modelforge.stats.estimate import Estimate
from modelforge.stats.power import fewest_pairs
from modelforge.stats.sample import positive, share


class Outcome(StrEnum):
    """The four things a comparison can say of the first model."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    NOT_DISTINGUISHABLE = "not distinguishable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The outcome and a sentence that says it without the words of statistics."""

    outcome: Outcome
    sentence: str


def _number(value: float) -> str:
    return f"{value:+.3g}" if value else "0"


def _span(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """The words of a sentence about one quantity.

    Attributes:
        better, worse: what the first model is: ``faster`` and ``slower``.
        signed: writes a difference, with its sign and its unit; ``span`` writes two, from low to
            high.
        noun: what the observations are.
    """

    better: str = "better"
    worse: str = "worse"
    signed: Callable[[float], str] = _number
    span: Callable[[float, float], str] = _span
    noun: str = "prompts"


_PLAIN = Wording()


def equivalence_p(difference: Estimate, *, margin: float, df: float) -> float:
    """The p value of two one-sided tests that the difference is at least ``margin`` either way.

    Schuirmann (1987). Where all differences are equal there is no standard error; then it is that
    of a sign test against the margin.

    Raises:
        OutOfRange: ``margin`` is not above 0.
    """
    room = positive(margin, name="margin") - abs(difference.point)
    if not difference.standard_error:
        return 0.5**difference.n if room > 0 else 1.0
    return 1 - t_cdf(room / difference.standard_error, df)


def verdict(
    difference: Estimate,
    *,
    p_value: float,
    first: str,
    second: str,
    margin: float | None = None,
    equivalence: float | None = None,
    higher_is_better: bool = True,
    detectable: float | None = None,
    needed: int | None = None,
    clusters: int | None = None,
    alpha: float = 0.05,
    wording: Wording = _PLAIN,
) -> Verdict:
    """Equivalent where ``equivalence`` is at most ``alpha``; else better or worse where ``p_value``
    (adjusted, if one of several) is; else not distinguishable.

    A difference that is certain and smaller than ``margin`` is equivalent: both are true, and the
    margin is what the reader said matters. Where nothing was found, ``detectable`` is named, and
    how many observations are ``needed`` to tell a difference such as the one that was seen: or how
    many clusters, where the observations come in so many ``clusters``. Where the interval alone
    would have told a difference (few observations, or several pairs), the sentence says which way
    it points, and that chance is not ruled out.

    Raises:
        OutOfRange: ``alpha`` is no share, or ``p_value`` not within 0 and 1.
    """
    share(alpha, name="alpha")
    if not 0 <= p_value <= 1:
        raise OutOfRange(f"a p value lies within 0 and 1, and is {p_value}")
    if margin is not None and equivalence is not None and equivalence <= alpha:
        range_ = wording.span(difference.interval.low, difference.interval.high)
        matters = wording.signed(margin).lstrip("+")
        return Verdict(
            outcome=Outcome.EQUIVALENT,
            sentence=f"{first} and {second} are equivalent: any difference is smaller than the "
            f"{matters} that matters (likely {range_}).",
        )
    if p_value <= alpha and difference.point != 0:
        better = (difference.point > 0) == higher_is_better
        return Verdict(
            outcome=Outcome.BETTER if better else Outcome.WORSE,
            sentence=f"{first} is {wording.better if better else wording.worse} than {second} by "
            f"{sized(difference, wording)}, and that is {_chance(p_value)}.",
        )
    return Verdict(
        outcome=Outcome.NOT_DISTINGUISHABLE,
        sentence=_undecided(
            difference,
            first,
            second,
            least=fewest_pairs(alpha),
            detectable=detectable,
            needed=needed,
            clusters=clusters,
            p_value=p_value,
            higher_is_better=higher_is_better,
            wording=wording,
        ),
    )


def sized(difference: Estimate, wording: Wording) -> str:
    """How large a difference is and may be, without a sign: ``17.4 points (likely 14.7 to 20.0)``.

    Where the interval holds both signs, though the test found one, they stay.
    """
    ends = difference.interval.low, difference.interval.high
    low, high = ends if difference.point >= 0 else (-ends[1], -ends[0])
    size, between = wording.signed(abs(difference.point)), wording.span(low, high)
    if low >= 0:
        size, between = size.replace("+", ""), between.replace("+", "")
    unit = size.partition(" ")[2]
    return f"{size} (likely {between.removesuffix(f' {unit}') if unit else between})"


def _undecided(
    difference: Estimate,
    first: str,
    second: str,
    *,
    least: int,
    detectable: float | None,
    needed: int | None,
    clusters: int | None,
    p_value: float,
    higher_is_better: bool,
    wording: Wording,
) -> str:
    n, noun = difference.n, wording.noun
    low, high = difference.interval.low, difference.interval.high
    if low == high == 0:
        return f"{first} and {second} cannot be told apart: all {n:,} {noun} came out the same."
    units, unit = (n, noun) if clusters is None else (clusters, "clusters")
    many = "" if needed is None else f"{needed:,}" if clusters is None else f"{needed:,} clusters"
    enough = f" About {many} would tell a difference like the one seen." if needed else ""
    if units < least:
        return f"{units} {unit} are too few to tell {first} and {second} apart.{enough}"
    if low > 0 or high < 0:
        better = (difference.point > 0) == higher_is_better
        return (
            f"{first} looks {wording.better if better else wording.worse} than {second} by "
            f"{sized(difference, wording)}, but chance is not ruled out (p = {p_value:.3f})."
            f"{enough if needed and needed > units else ''}"
        )
    found = ""
    if detectable is not None and math.isfinite(detectable) and detectable > 0:
        size = wording.signed(detectable).lstrip("+")
        found = f" Only a difference of about {size} or more would have been found reliably."
    return (
        f"{first} and {second} cannot be told apart with these {n:,} {noun}: the difference may be "
        f"anything from {wording.span(low, high)}.{found}{enough}"
    )


def _chance(p_value: float) -> str:
    if p_value < 0.001:  # noqa: PLR2004 (a usual limit)
        return "not chance (p < 0.001)"
    return f"hardly chance (p = {p_value:.3f})"
