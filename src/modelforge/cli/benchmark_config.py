"""From the options of a benchmark to its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from modelforge.app.benchmark_prompts import prompt_paths
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.preset import Preset, preset_named
from modelforge.benchmark.slo import Slo
from modelforge.cli.benchmark_load import load_of
from modelforge.cli.benchmark_workload import workload_of
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId

_USUAL_PRESET: Final = "light"
_CHOOSING: Final = (
    *("concurrency", "rate", "ramp", "steps", "trace", "think_time", "duration", "requests"),
    *("speed_up", "arrival", "burstiness"),
)
_USUAL_WARM_UP: Final = 5
_USUAL_COOL_DOWN_S: Final = 30.0


def config_of(model: str, options: Mapping[str, Any]) -> BenchmarkConfig:
    """The benchmark that ``options`` (of ``benchmark_options``) describe.

    Raises:
        UsageError: options contradict each other, a number makes no sense, a file cannot be used.
    """
    model_id = ModelId.parse(model)
    preset = _preset(options)
    if options["discard_in_flight"] and options["cooldown"] is not None:
        raise UsageError("--cooldown and --discard-in-flight exclude each other: give one")
    load, trace = load_of(options, preset)
    workload, generation = workload_of(options, preset, trace)
    duration_s, requests = options["duration"], options["requests"]
    if preset is not None:
        duration_s = preset.limits.duration_s if duration_s is None else duration_s
        requests = preset.limits.requests if requests is None else requests
    if duration_s is None and requests is None and not load.finite:
        raise UsageError(
            "the run would never end: give --duration, --requests or a --preset, the first end"
            " counts"
        )
    usual = preset.limits.warmup_requests if preset is not None else _USUAL_WARM_UP
    return BenchmarkConfig(
        provider=model_id.provider,
        model=model_id.model,
        load=load,
        workload=workload,
        generation=generation,
        duration=duration_s,
        max_requests=requests,
        warmup_requests=usual if options["warmup"] is None else options["warmup"],
        slo=slo_of(options),
        seed=options["seed"],
        workers=options["workers"],
        timeout_s=options["timeout"],
        cooldown_s=_USUAL_COOL_DOWN_S if options["cooldown"] is None else options["cooldown"],
        discard_in_flight=options["discard_in_flight"],
        count_events=options["count"] == "events",
        server_metrics=options["server_metrics"],
        max_connections=options["max_connections"],
        runs=options["runs"],
        max_cost_usd=options["max_cost"],
        confidence=options["confidence"],
        exclude_warm_up=options["exclude_warm_up"],
    )


def slo_of(options: Mapping[str, Any]) -> Slo | None:
    """The limits of ``--slo``.

    Raises:
        UsageError: they are none.
    """
    return None if options["slo"] is None else Slo.parse(options["slo"])


def input_files(options: Mapping[str, Any]) -> list[Path]:
    """The files that options name as input: nothing may be written over them."""
    prompt = options["prompt"] or ""
    named = [options["trace"], options["conversations"], *options["from_records"]]
    texts = [Path(prompt[1:])] if prompt.startswith("@") else []
    return [path for path in (*named, *texts, *prompt_paths(options["prompts"])) if path]


def _preset(options: Mapping[str, Any]) -> Preset | None:
    if options["preset"] is not None:
        return preset_named(options["preset"])
    if all(options[name] is None for name in _CHOOSING):
        return preset_named(_USUAL_PRESET)
    return None
