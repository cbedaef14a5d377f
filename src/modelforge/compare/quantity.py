"""What is compared of models: how long, how much, how often, how well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """What a quantity is counted in."""

    SHARE = "share"
    SECONDS = "seconds"
    TOKENS = "tokens"
    TOKENS_PER_S = "tokens per second"
    DOLLARS = "dollars"
    SCORE = "score"


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
    """One number of each answer.

    Attributes:
        name: in exports and in options.
        label: in tables.
        more, less: what a model with a higher, or a lower, value is called beside another.
        manner: what these need after them where no label says it: ``at writing``.
        higher_is_better: None where neither is.
    """

    name: str
    label: str
    unit: Unit
    more: str
    less: str
    higher_is_better: bool | None
    manner: str = ""

    def called(self, *, more: bool) -> str:
        """What a model with more of it, or less, is beside another: ``faster at writing``."""
        return f"{self.more if more else self.less} {self.manner}".rstrip()


SUCCESS: Final = Quantity(
    name="success",
    label="answered",
    unit=Unit.SHARE,
    more="more reliable",
    less="less reliable",
    higher_is_better=True,
)
LATENCY: Final = Quantity(
    name="latency",
    label="latency",
    unit=Unit.SECONDS,
    more="slower",
    less="faster",
    higher_is_better=False,
)
FIRST_TOKEN: Final = Quantity(
    name="first_token",
    label="first token",
    unit=Unit.SECONDS,
    more="slower",
    less="faster",
    higher_is_better=False,
    manner="to its first token",
)
SPEED: Final = Quantity(
    name="tokens_per_second",
    label="tokens/s",
    unit=Unit.TOKENS_PER_S,
    more="faster",
    less="slower",
    higher_is_better=True,
    manner="at writing",
)
OUTPUT_TOKENS: Final = Quantity(
    name="output_tokens",
    label="output tokens",
    unit=Unit.TOKENS,
    more="longer",
    less="shorter",
    higher_is_better=None,
    manner="in its answers",
)
COST: Final = Quantity(
    name="cost",
    label="cost of an answer",
    unit=Unit.DOLLARS,
    more="more expensive",
    less="cheaper",
    higher_is_better=False,
)

MEASURED: Final = (SUCCESS, LATENCY, FIRST_TOKEN, SPEED, OUTPUT_TOKENS, COST)
"""What every answer is measured by, in the order it is shown in."""


def score(name: str = "score", *, higher_is_better: bool = True) -> Quantity:
    """A score that somebody or something gave each answer."""
    more, less = ("better", "worse") if higher_is_better else ("worse", "better")
    return Quantity(
        name=name,
        label=name,
        unit=Unit.SCORE,
        more=more,
        less=less,
        higher_is_better=higher_is_better,
    )
