"""Failures on purpose, by rate or by schedule."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from modelforge.core.errors import UsageError
from modelforge.simulator.duration import parse_duration_s

FaultKind = Literal[
    "429", "500", "529", "stall", "stall-midstream", "cut", "malformed", "slow-first-byte",
    "wrong-type", "lying-chunk", "reset", "error-midstream",
]  # fmt: skip
"""
- ``429``, ``500``, ``529``: an error at once; 429 and 529 with Retry-After of ``seconds``, by
  default 1 and none.
- ``stall``: the head of the answer, then nothing for ``seconds``, or for ever.
- ``stall-midstream``: the same after half of the tokens.
- ``cut``: the connection is closed after half of the tokens.
- ``malformed``: between the two halves, an event that is not JSON.
- ``slow-first-byte``: not one byte for ``seconds`` more, 5 by default.
- ``wrong-type``: a page of HTML with status 200.
- ``lying-chunk``: after half of the tokens, a chunk that is shorter than it says, and the end.
- ``reset``: the connection is reset when the first byte is due.
- ``error-midstream``: after half of the tokens, an event that is an error, and the end; an answer
  in one piece is a 529 when it is due.
"""
FAULT_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)
REFUSALS: Final[frozenset[FaultKind]] = frozenset({"429", "500", "529"})
"""The kinds that refuse the request at once."""
_DEFAULT_SECONDS: Final[dict[FaultKind, float]] = {
    "429": 1.0,
    "529": 0.0,
    "slow-first-byte": 5.0,
    "stall": math.inf,
    "stall-midstream": math.inf,
}
_FAULT: Final = re.compile(
    r"(?P<kind>[\w-]+?)(?::(?P<seconds>[\w.]+))?"
    r"(?:=(?P<rate>[\d.]+)|@every=(?P<every>\d+)|@between=(?P<low>[\w.]+?)\.\.(?P<high>[\w.]+))"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One way to fail, and when: exactly one of ``rate``, ``every`` and ``between_s`` is given.

    ``rate`` is a probability a request. ``every=50`` is each 50th request of a model.
    ``between_s`` is a span of arrival times in seconds since the server began, low included.
    ``seconds`` is None for the kind's own default.

    Raises:
        UsageError: the fault does not hold together.
    """

    kind: FaultKind
    rate: float | None = None
    every: int | None = None
    between_s: tuple[float, float] | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise UsageError(f"{self.kind!r} is no fault: use one of {', '.join(FAULT_KINDS)}")
        given = [self.rate, self.every, self.between_s]
        if sum(when is not None for when in given) != 1:
            raise UsageError(f"fault {self.kind}: give a rate, every or between, one of them")
        if self.rate is not None and not 0 <= self.rate <= 1:
            raise UsageError(f"fault {self.kind}: a rate of {self.rate} is not between 0 and 1")
        if self.every is not None and self.every < 1:
            raise UsageError(f"fault {self.kind}: every {self.every} is never; at least 1")
        if self.seconds is not None and self.kind not in _DEFAULT_SECONDS:
            raise UsageError(f"fault {self.kind} takes no time: leave {self.seconds} s out")

    @property
    def pause_s(self) -> float:
        """The seconds that the fault takes; infinite for a stall without an end."""
        return _DEFAULT_SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read ``KIND[:SECONDS]=RATE``, ``KIND@every=N`` or ``KIND@between=10s..20s``.

        Raises:
            UsageError: it is none of them.
        """
        found = _FAULT.fullmatch(text.strip())
        if found is None:
            raise UsageError(
                f"{text!r} is no fault: write 429=0.1, stall:5s=0.01, cut@every=50 or"
                " 500@between=10s..20s"
            )
        low, high = found["low"], found["high"]
        return cls(
            kind=_kind(found["kind"]),
            seconds=None if found["seconds"] is None else parse_duration_s(found["seconds"]),
            rate=None if found["rate"] is None else _rate(found["rate"]),
            every=None if found["every"] is None else int(found["every"]),
            between_s=None if low is None else (parse_duration_s(low), parse_duration_s(high)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultPlan:
    """Several faults together: the schedules come first, in order, then the rates divide the rest.

    Raises:
        UsageError: the rates add up to more than 1.
    """

    faults: tuple[Fault, ...] = ()
    _scheduled: tuple[Fault, ...] = field(init=False, repr=False)
    _thresholds: tuple[tuple[float, Fault], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        total, thresholds = 0.0, []
        for fault in self.faults:
            if fault.rate is not None:
                total += fault.rate
                thresholds.append((total, fault))
        if total > 1 + 1e-9:
            raise UsageError(f"the rates of the faults add up to {total:g}: at most 1")
        scheduled = tuple(fault for fault in self.faults if fault.rate is None)
        object.__setattr__(self, "_scheduled", scheduled)
        object.__setattr__(self, "_thresholds", tuple(thresholds))

    def choose(self, *, number: int, arrived_s: float, chance: float) -> Fault | None:
        """The fault of a model's request ``number`` (from 0), or None.

        Args:
            number: which request of its model it is.
            arrived_s: seconds since the server began.
            chance: uniform in [0, 1), and of this request alone.
        """
        for fault in self._scheduled:
            if fault.every is not None and (number + 1) % fault.every == 0:
                return fault
            if fault.between_s is not None and _within(arrived_s, fault.between_s):
                return fault
        return next((fault for limit, fault in self._thresholds if chance < limit), None)


def _within(moment_s: float, span_s: Sequence[float]) -> bool:
    return span_s[0] <= moment_s < span_s[1]


def _kind(text: str) -> FaultKind:
    for kind in FAULT_KINDS:
        if kind == text:
            return kind
    raise UsageError(f"{text!r} is no fault: use one of {', '.join(FAULT_KINDS)}")


def _rate(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text!r} is no rate: write a number between 0 and 1") from None
