"""Benchmarks that have names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from modelforge.benchmark.load import ClosedLoop, Limits, Load
from modelforge.core.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A load by name; ``synthetic`` is what is asked where no prompts are named."""

    purpose: str
    load: Load
    limits: Limits
    synthetic: str


PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "light": Preset(
            purpose="does it work, and roughly how fast",
            load=ClosedLoop(concurrency=2),
            limits=Limits(duration_s=30.0, requests=20, warmup_requests=2),
            synthetic="128:64",
        ),
        "heavy": Preset(
            purpose="many users with long prompts",
            load=ClosedLoop(concurrency=64),
            limits=Limits(duration_s=120.0, warmup_requests=16),
            synthetic="uniform(512,2048):uniform(128,384)",
        ),
        "latency": Preset(
            purpose="what one user feels on a server that has nothing else to do",
            load=ClosedLoop(concurrency=1),
            limits=Limits(duration_s=120.0, requests=100),
            synthetic="256:128",
        ),
        "throughput": Preset(
            purpose="the most tokens a second that the server gives",
            load=ClosedLoop(concurrency=256),
            limits=Limits(duration_s=60.0, warmup_requests=32),
            synthetic="512:256",
        ),
    }
)
"""The loads that have names."""


def preset_named(name: str) -> Preset:
    """The preset of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in PRESETS:
        raise UsageError(f"{name!r} is no preset: use one of {', '.join(PRESETS)}")
    return PRESETS[name]
