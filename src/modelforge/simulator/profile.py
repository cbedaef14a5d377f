"""How a simulated model behaves."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from modelforge.core.errors import UsageError
from modelforge.simulator.batch_queue import BatchQueue
from modelforge.simulator.distribution import Distribution
from modelforge.simulator.fault import Fault, FaultPlan

_AT_ONCE: Final = Distribution(mean=0.0)
_LENGTH: Final = Distribution(mean=128.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One simulated model; ``name`` is what requests call it.

    ``ttft_s`` is drawn once a request, ``itl_s`` before every further token; with a ``queue`` both
    are the queue's instead. ``tokens`` is the length of an answer when the request sets no
    ``max_tokens``. ``prefix_cache`` remembers prompts, reports ``cached_tokens`` and spares the
    queue their reading.

    Raises:
        UsageError: the name is empty, or the rates of the faults add up to more than 1.
    """

    name: str = "custom"
    ttft_s: Distribution = _AT_ONCE
    itl_s: Distribution = _AT_ONCE
    tokens: Distribution = _LENGTH
    queue: BatchQueue | None = None
    faults: tuple[Fault, ...] = ()
    prefix_cache: bool = False

    def __post_init__(self) -> None:
        if not self.name:
            raise UsageError("a profile needs a name: it is the model that requests ask for")
        FaultPlan(faults=self.faults)


_STEADY: Final = Profile(
    name="steady", ttft_s=Distribution(mean=0.100), itl_s=Distribution(mean=0.020)
)
_FLAKY: Final = (
    Fault(kind="429", rate=0.05),
    Fault(kind="500", rate=0.05),
    Fault(kind="cut", rate=0.02),
    Fault(kind="malformed", rate=0.02),
    Fault(kind="wrong-type", rate=0.01),
    Fault(kind="lying-chunk", rate=0.01),
    Fault(kind="reset", rate=0.02),
    Fault(kind="slow-first-byte", rate=0.01, seconds=2.0),
    Fault(kind="stall-midstream", rate=0.01, seconds=2.0),
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile(name="fast"),
            _STEADY,
            Profile(
                name="flaky",
                ttft_s=Distribution(mean=0.020, spread=0.3, shape="gamma"),
                itl_s=Distribution(mean=0.002, spread=0.3, shape="gamma"),
                tokens=Distribution(mean=32.0),
                faults=_FLAKY,
            ),
            Profile(name="batch", queue=BatchQueue()),
            Profile(
                name="stall",
                ttft_s=Distribution(mean=0.020),
                faults=(Fault(kind="stall-midstream", rate=1.0),),
            ),
            Profile(
                name="slow",
                ttft_s=Distribution(mean=2.0, spread=0.3, shape="lognormal"),
                itl_s=Distribution(mean=0.200, spread=0.3, shape="lognormal"),
            ),
        )
    }
)
"""The models that every instance serves."""


def profile_named(name: str) -> Profile:
    """The built-in profile of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in PROFILES:
        close = difflib.get_close_matches(name, PROFILES, n=3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ":"
        raise UsageError(f"{name!r} is no profile{hint} use one of {', '.join(PROFILES)}")
    return PROFILES[name]
