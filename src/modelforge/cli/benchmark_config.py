"""From the options of a benchmark to its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from modelforge.benchmark.arrivals import Arrivals, Constant, Gamma, Poisson
from modelforge.benchmark.config import DEFAULT_SYNTHETIC, BenchmarkConfig
from modelforge.benchmark.conversation import Conversations
from modelforge.benchmark.fixed_prompts import FixedPrompts, Order
from modelforge.benchmark.load import ClosedLoop, Load, OpenLoop, Preset, preset_named
from modelforge.benchmark.scripts import read_scripts
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.synthetic import Synthetic
from modelforge.benchmark.trace import TrafficTrace
from modelforge.benchmark.trace_text import read_trace
from modelforge.benchmark.trace_workload import TraceLengths
from modelforge.benchmark.varying import Ramp, Steps
from modelforge.benchmark.weighted import Weighted
from modelforge.benchmark.workload import Workload
from modelforge.core.errors import PromptError, UsageError
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.simulator.duration import parse_duration_s

_LOADS: Final = ("concurrency", "rate", "ramp", "steps", "trace")
_ASKS: Final = ("prompt", "prompts", "synthetic", "conversations")


def benchmark_config(model: str, options: Mapping[str, Any]) -> BenchmarkConfig:
    """What ``options`` (of ``benchmark_options``) ask for.

    Raises:
        UsageError: they contradict each other, or a value or file cannot be used.
    """
    model_id = ModelId.parse(model)
    _only_one(options, _LOADS)
    _only_one(options, _ASKS)
    preset = None if options["preset"] is None else preset_named(options["preset"])
    limits = None if preset is None else preset.limits
    trace = None if options["trace"] is None else _trace(options["trace"])
    load = _load(options, preset, trace)
    duration_s = _duration_s(options, "duration")
    requests = options["requests"]
    if duration_s is None and requests is None and limits is not None:
        duration_s, requests = limits.duration_s, limits.requests
    warmup = options["warmup"]
    if warmup is None:
        warmup = limits.warmup_requests if limits is not None else 5
    cooldown_s = _duration_s(options, "cooldown")
    timeout_s = _duration_s(options, "timeout")
    return BenchmarkConfig(
        model_id.provider,
        model_id.model,
        duration=duration_s,
        max_requests=requests,
        warmup_requests=warmup,
        load=load,
        workload=_workload(options, preset, trace),
        generation=Generation(
            max_tokens=options["max_tokens"],
            temperature=options["temperature"],
            stream=not options["no_stream"],
        ),
        slo=None if options["slo"] is None else Slo.parse(options["slo"]),
        seed=options["seed"],
        workers=options["workers"],
        timeout_s=120.0 if timeout_s is None else timeout_s,
        cooldown_s=30.0 if cooldown_s is None else cooldown_s,
        discard_in_flight=options["discard_in_flight"],
        max_connections=options["max_connections"],
        count_events=options["count"] == "events",
        records=options["records"],
    )


def _only_one(options: Mapping[str, Any], names: tuple[str, ...]) -> None:
    given = [f"--{name}" for name in names if options[name] not in {None, ()}]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other: give one of them")


def _load(options: Mapping[str, Any], preset: Preset | None, trace: TrafficTrace | None) -> Load:
    think_s = _duration_s(options, "think_time")
    arrivals = _arrivals(options, trace)
    if arrivals is not None:
        if think_s is not None:
            raise UsageError("--think-time belongs to --concurrency: arrivals do not wait")
        return OpenLoop(arrivals=arrivals)
    if options["arrival"] is not None:
        raise UsageError("--arrival needs --rate: how many requests a second?")
    if options["concurrency"] is not None:
        return ClosedLoop(concurrency=options["concurrency"], think_s=think_s or 0.0)
    if preset is not None:
        return preset.load
    return ClosedLoop(concurrency=1, think_s=think_s or 0.0)


def _arrivals(options: Mapping[str, Any], trace: TrafficTrace | None) -> Arrivals | None:
    if trace is not None:
        return trace.arrivals(speed_up=options["speed_up"])
    if (ramp := options["ramp"]) is not None:
        first, second, over = _parts(ramp, 3, "--ramp", "1:20:60s")
        return Ramp(
            from_rate=_number(first, "--ramp"),
            to_rate=_number(second, "--ramp"),
            over_s=parse_duration_s(over),
        )
    if (steps := options["steps"]) is not None:
        spelled = [_parts(step, 2, "--steps", "5:30s,10:30s") for step in steps.split(",")]
        return Steps(
            steps=tuple(
                (_number(rate, "--steps"), parse_duration_s(time)) for rate, time in spelled
            )
        )
    rate, arrival, burstiness = options["rate"], options["arrival"], options["burstiness"]
    if burstiness is not None and arrival != "gamma":
        raise UsageError("--burstiness belongs to --arrival gamma")
    if rate is None:
        return None
    match arrival:
        case "constant":
            return Constant(rate=rate)
        case "gamma":
            return Gamma(rate=rate, burstiness=1.0 if burstiness is None else burstiness)
    return Poisson(rate=rate)


def _workload(
    options: Mapping[str, Any], preset: Preset | None, trace: TrafficTrace | None
) -> Workload:
    seed, max_tokens = options["seed"], options["max_tokens"]
    order: Order = "shuffled" if options["shuffle"] else "cyclic"
    if options["ignore_eos"] and max_tokens is None:
        raise UsageError("--ignore-eos needs --max-tokens: exactly how many tokens?")
    if options["prompt"] is not None:
        return _prompts(options["prompt"], None, options, order)
    if options["prompts"]:
        sources = [_weighted(text) for text in options["prompts"]]
        read = [(_prompts(None, path, options, order), w) for path, w in sources]
        return read[0][0] if len(read) == 1 else Weighted(sources=tuple(read), seed=seed)
    if (path := options["conversations"]) is not None:
        return Conversations(
            scripts=read_scripts(_lines(path), path.name),
            order=order,
            seed=seed,
            max_tokens=max_tokens,
        )
    if trace is not None and options["synthetic"] is None:
        return TraceLengths(trace=trace, seed=seed)
    shape = options["synthetic"] or (DEFAULT_SYNTHETIC if preset is None else preset.synthetic)
    if max_tokens is not None:
        shape = f"{shape.partition(':')[0]}:{max_tokens}"
    return Synthetic.parse(shape, shared_prefix=options["shared_prefix"], seed=seed)


def _prompts(
    text: str | None, file: str | None, options: Mapping[str, Any], order: Order
) -> FixedPrompts:
    from modelforge.prompts.open import open_prompts  # noqa: PLC0415 (loads templates)
    from modelforge.prompts.spec import PromptSpec  # noqa: PLC0415

    with open_prompts(PromptSpec(prompt=text, prompts=file)) as cases:
        prompts = tuple(case.prompt for case in cases)
    return FixedPrompts(
        prompts=prompts,
        order=order,
        seed=options["seed"],
        max_tokens=options["max_tokens"],
        ignore_eos=options["ignore_eos"],
        source=file or "--prompt",
    )


def _weighted(text: str) -> tuple[str, float]:
    """``FILE=WEIGHT``, or a file with a weight of 1."""
    path, equals, weight = text.rpartition("=")
    if not equals or Path(text).exists():
        return text, 1.0
    try:
        return path, float(weight)
    except ValueError:
        return text, 1.0


def _trace(path: Path) -> TrafficTrace:
    return read_trace(_lines(path), path.name)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        raise PromptError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise PromptError(f"cannot read {path}: {error.strerror or error}") from None


def _duration_s(options: Mapping[str, Any], name: str) -> float | None:
    text = options[name]
    if text is None:
        return None
    try:
        return parse_duration_s(text)
    except UsageError as error:
        raise UsageError(f"--{name.replace('_', '-')}: {error}") from None


def _parts(text: str, count: int, option: str, example: str) -> list[str]:
    parts = text.split(":")
    if len(parts) != count:
        raise UsageError(f"{option} {text!r}: write it as in {option} {example}")
    return parts


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is not a number") from None
