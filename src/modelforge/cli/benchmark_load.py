"""How much is asked at a time: from options to a load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelforge.app.benchmark_prompts import trace
from modelforge.benchmark.arrivals import Arrivals, arrivals_at
from modelforge.benchmark.gaps import GapKind, Gaps
from modelforge.benchmark.load import ClosedLoop, Load, OpenLoop
from modelforge.benchmark.preset import Preset
from modelforge.benchmark.trace import TrafficTrace
from modelforge.benchmark.varying import Ramp, Steps
from modelforge.core.errors import UsageError
from modelforge.simulator.duration import parse_duration_s

_LOADS: Final = ("concurrency", "rate", "ramp", "steps", "trace")
_SPACED: Final = ("rate", "ramp", "steps")


def load_of(options: Mapping[str, Any], preset: Preset | None) -> tuple[Load, TrafficTrace | None]:
    """The load that ``options`` describe, and the trace it comes from where it does.

    Raises:
        UsageError: options contradict each other, or one cannot be understood.
    """
    given = [name for name in _LOADS if options[name] is not None]
    if len(given) > 1:
        raise UsageError(f"{_listed(given)} exclude each other: give one load")
    _refuse_idle_options(options, given)
    if not given or given == ["concurrency"]:
        return _closed(options, preset), None
    if preset is not None:
        raise UsageError(f"--preset and --{given[0]} exclude each other: a preset has its own load")
    if options["trace"] is not None:
        recorded = trace(options["trace"])
        speed_up = _or(options["speed_up"], 1.0)
        return OpenLoop(arrivals=recorded.arrivals(speed_up=speed_up)), recorded
    return OpenLoop(arrivals=_arrivals(options)), None


def _closed(options: Mapping[str, Any], preset: Preset | None) -> ClosedLoop:
    usual = preset.load if preset is not None else ClosedLoop(concurrency=1)
    assert isinstance(usual, ClosedLoop)  # noqa: S101 (as all presets have)
    concurrency, think_s = options["concurrency"], options["think_time"]
    return ClosedLoop(
        concurrency=usual.concurrency if concurrency is None else concurrency,
        think_s=usual.think_s if think_s is None else think_s,
    )


def _arrivals(options: Mapping[str, Any]) -> Arrivals:
    kind: GapKind = options["arrival"] or ("poisson" if options["burstiness"] is None else "gamma")
    burstiness = _or(options["burstiness"], 1.0)
    if options["rate"] is not None:
        return arrivals_at(options["rate"], kind, burstiness=burstiness)
    gaps = Gaps(kind=kind, burstiness=burstiness)
    if options["ramp"] is not None:
        from_rate, to_rate, over_s = _ramp(options["ramp"])
        return Ramp(from_rate=from_rate, to_rate=to_rate, over_s=over_s, gaps=gaps)
    return Steps(steps=tuple(_step(step) for step in options["steps"].split(",")), gaps=gaps)


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _ramp(text: str) -> tuple[float, float, float]:
    parts = text.split(":")
    try:
        from_rate, to_rate = map(float, parts[:-1])
        return from_rate, to_rate, parse_duration_s(parts[-1])
    except (ValueError, UsageError):
        raise UsageError(f"--ramp {text!r} is not FROM:TO:TIME, such as 1:50:60s") from None


def _step(text: str) -> tuple[float, float]:
    rate, _, time = text.strip().partition(":")
    try:
        return float(rate), parse_duration_s(time)
    except (ValueError, UsageError):
        raise UsageError(
            f"--steps: {text.strip()!r} is not RATE:TIME, such as 10:30s; steps are separated by"
            " commas"
        ) from None


def _refuse_idle_options(options: Mapping[str, Any], given: list[str]) -> None:
    """Refuse what would be without effect: whoever asks for it expects one."""
    spaced = any(name in _SPACED for name in given)
    for option in ("arrival", "burstiness"):
        if options[option] is not None and not spaced:
            raise UsageError(f"--{option} is about --rate, --ramp or --steps: give one of them")
    if options["speed_up"] is not None and "trace" not in given:
        raise UsageError("--speed-up is about --trace: give one")
    closed = not given or given == ["concurrency"]
    if options["think_time"] is not None and not (closed or options["conversations"]):
        raise UsageError(
            f"--think-time is about clients that wait for answers, not about --{given[0]}:"
            " use --concurrency or --conversations"
        )


def _listed(names: list[str]) -> str:
    flags = [f"--{name}" for name in names]
    return f"{', '.join(flags[:-1])} and {flags[-1]}"
