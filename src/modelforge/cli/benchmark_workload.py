"""What is asked: from options to a workload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelforge.app import benchmark_prompts
from modelforge.benchmark.capped import Capped
from modelforge.benchmark.preset import Preset
from modelforge.benchmark.synthetic import Synthetic
from modelforge.benchmark.trace import TrafficTrace
from modelforge.benchmark.trace_workload import TraceLengths
from modelforge.benchmark.workload import Workload
from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation

_SOURCES: Final = ("prompt", "prompts", "synthetic", "conversations")
_OF_ROWS: Final = ("prompt_field", "template")
_USUAL: Final = "128:64"


def workload_of(
    options: Mapping[str, Any], preset: Preset | None, trace: TrafficTrace | None
) -> tuple[Workload, Generation]:
    """What is asked, and how it is to be answered where a request does not say itself.

    Raises:
        UsageError: options contradict each other, or a file cannot be used.
    """
    given = [name for name in _SOURCES if options[name]]
    if len(given) > 1:
        flags = " and ".join(f"--{name}" for name in given)
        raise UsageError(f"{flags} exclude each other: give one")
    seed, most = options["seed"], options["max_tokens"]
    ignore_eos = options["ignore_eos"]
    _refuse_idle_options(options, given, trace)
    if options["prompt"]:
        return benchmark_prompts.one_prompt(
            options["prompt"], max_tokens=most, ignore_eos=ignore_eos
        ), Generation()
    if options["prompts"]:
        return benchmark_prompts.prompt_files(
            options["prompts"],
            seed=seed,
            max_tokens=most,
            ignore_eos=ignore_eos,
            **{name: options[name] for name in _OF_ROWS if options[name] is not None},
        ), Generation()
    if options["conversations"]:
        return benchmark_prompts.conversations(
            options["conversations"],
            seed=seed,
            think_s=options["think_time"] or 0.0,
            max_tokens=most,
        ), Generation()
    if trace is not None and not options["synthetic"]:
        return _capped(TraceLengths(trace=trace, seed=seed), most)
    return _synthetic(options, preset)


def _capped(workload: Workload, most: int | None) -> tuple[Workload, Generation]:
    """What says itself how long answers are, cut at ``most``."""
    if most is None:
        return workload, Generation()
    return Capped(workload=workload, max_tokens=most), Generation(max_tokens=most)


def _synthetic(options: Mapping[str, Any], preset: Preset | None) -> tuple[Workload, Generation]:
    spelled, most = options["synthetic"], options["max_tokens"]
    text = spelled or (preset.synthetic if preset is not None else _USUAL)
    exact = ":" in (spelled or "")
    if most is not None and not exact:
        text = text.partition(":")[0]
    workload = Synthetic.parse(
        text, shared_prefix=options["shared_prefix"] or 0.0, seed=options["seed"]
    )
    if most is None or exact:
        return _capped(workload, most)
    wished = {"ignore_eos": True, "min_tokens": most} if options["ignore_eos"] else {}
    return workload, Generation(max_tokens=most, extra=wished)


def _refuse_idle_options(
    options: Mapping[str, Any], given: list[str], trace: TrafficTrace | None
) -> None:
    for option in ("prompt", "synthetic"):
        if options[option] == "":
            raise UsageError(f"--{option} is empty")
    for option in _OF_ROWS:
        if options[option] is not None and given != ["prompts"]:
            flag = option.replace("_", "-")
            raise UsageError(f"--{flag} is about the rows of --prompts: name a file of them")
    made_up = not given and trace is None
    if options["shared_prefix"] is not None and not (made_up or given == ["synthetic"]):
        raise UsageError("--shared-prefix is about --synthetic prompts: give these")
    if options["ignore_eos"]:
        _refuse_idle_ignore_eos(options, given, trace)
    if options["count"] == "usage" and given == ["conversations"]:
        raise UsageError(
            "--count usage leaves answers unread, and a turn of --conversations is made of the"
            " answer before it: leave --count out"
        )


def _refuse_idle_ignore_eos(
    options: Mapping[str, Any], given: list[str], trace: TrafficTrace | None
) -> None:
    if (trace is not None and not given) or ":" in (options["synthetic"] or ""):
        source = "--synthetic IN:OUT" if options["synthetic"] else "--trace"
        raise UsageError(f"{source} asks for answers of exact lengths: leave --ignore-eos out")
    if options["max_tokens"] is None:
        raise UsageError("--ignore-eos needs --max-tokens: the length that answers are to have")
    if given == ["conversations"]:
        raise UsageError("--ignore-eos has no effect on --conversations: leave it out")
