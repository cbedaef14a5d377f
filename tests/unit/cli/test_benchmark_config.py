"""From options to a configuration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from modelforge.benchmark.arrivals import Constant, Gamma, Poisson, Trace
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.conversation import Conversations
from modelforge.benchmark.load import ClosedLoop, OpenLoop
from modelforge.benchmark.preset import PRESETS
from modelforge.benchmark.synthetic import Synthetic
from modelforge.benchmark.trace_workload import TraceLengths
from modelforge.benchmark.varying import Ramp, Steps
from modelforge.benchmark.weighted import Weighted
from modelforge.cli.benchmark_command import command
from modelforge.cli.benchmark_config import config_of
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId


def options(*arguments: str) -> dict[str, Any]:
    """What click makes of them."""
    params = command.make_context("benchmark", ["sim/fast", *arguments]).params
    params.pop("models")
    return params


def config(*arguments: str) -> BenchmarkConfig:
    return config_of("sim/fast", options(*arguments))


@pytest.mark.parametrize(
    ("arguments", "load"),
    [
        (("--concurrency", "7"), ClosedLoop(concurrency=7)),
        (("--think-time", "500ms"), ClosedLoop(concurrency=1, think_s=0.5)),
        (("--rate", "3"), OpenLoop(arrivals=Poisson(rate=3))),
        (("--rate", "3", "--arrival", "constant"), OpenLoop(arrivals=Constant(rate=3))),
        (
            ("--rate", "3", "--arrival", "gamma", "--burstiness", "0.5"),
            OpenLoop(arrivals=Gamma(rate=3, burstiness=0.5)),
        ),
        (
            ("--ramp", "1:50:2m"),
            OpenLoop(arrivals=Ramp(from_rate=1, to_rate=50, over_s=120)),
        ),
        (
            ("--steps", "10:30s, 0:5s"),
            OpenLoop(arrivals=Steps(steps=((10, 30), (0, 5)))),
        ),
    ],
)
def test_a_load(arguments: tuple[str, ...], load: object) -> None:
    assert config("--requests", "9", *arguments).effective_load == load


def test_steps_and_a_ramp_to_nothing_last_as_long_as_they_say() -> None:
    assert config("--steps", "10:3s,0:5s").limits.duration_s == 8
    assert config("--steps", "10:3s,0:5s", "--duration", "2s").limits.duration_s == 2
    assert config("--ramp", "5:0:4s").limits.duration_s == 4
    assert config("--ramp", "0:5:4s", "--requests", "1").limits.duration_s is None


def test_nothing_said_is_the_light_preset() -> None:
    assert config().effective_load == PRESETS["light"].load
    assert config().limits == PRESETS["light"].limits


def test_options_change_a_preset() -> None:
    made = config("--preset", "heavy", "--duration", "2s", "--concurrency", "3", "--warmup", "1")
    assert made.effective_load == ClosedLoop(concurrency=3)
    assert (made.limits.duration_s, made.limits.warmup_requests) == (2, 1)
    assert isinstance(made.effective_workload, Synthetic)


def test_a_trace_brings_moments_and_lengths(tmp_path: Path) -> None:
    row = {"timestamp": 0, "input_length": 3, "output_length": 4}
    file = tmp_path / "trace.jsonl"
    file.write_text(json.dumps(row))
    made = config("--trace", str(file), "--speed-up", "2")
    assert made.effective_load == OpenLoop(arrivals=Trace(times_s=(0.0,), speed_up=2))
    assert isinstance(made.effective_workload, TraceLengths)
    assert not made.needs_text


def test_files_by_weight_even_with_an_equals_sign_in_a_name(tmp_path: Path) -> None:
    for name in ("a.txt", "b=2.txt"):
        (tmp_path / name).write_text("said\n")
    made = config(
        "--requests", "1", "--prompts", f"{tmp_path}/a.txt=3", "--prompts", f"{tmp_path}/b=2.txt"
    )
    assert isinstance(made.effective_workload, Weighted)
    assert [weight for _, weight in made.effective_workload.sources] == [3.0, 1.0]


def test_conversations_need_the_texts_of_answers(tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    file.write_text(json.dumps({"turns": ["a", "b"]}))
    made = config("--requests", "1", "--conversations", str(file), "--think-time", "1s")
    assert isinstance(made.effective_workload, Conversations)
    assert made.effective_workload.think_s == 1
    assert made.needs_text


def test_the_length_of_answers_to_made_up_prompts() -> None:
    made = config("--requests", "1", "--synthetic", "20", "--max-tokens", "9", "--ignore-eos")
    assert made.generation.max_tokens == 9
    assert made.generation.extra == {"ignore_eos": True, "min_tokens": 9}


def test_made_up_and_recorded_lengths_are_cut_where_answers_may_have_fewer_tokens(
    tmp_path: Path,
) -> None:
    file = tmp_path / "trace.csv"
    file.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,10,20\n")
    for source in (("--synthetic", "10:20", "--requests", "1"), ("--trace", str(file))):
        for most, asked in ((9, 9), (30, 20)):
            made = config(*source, "--max-tokens", str(most))
            ask = made.effective_workload.ask(0)
            assert (ask.max_tokens, ask.ignore_eos) == (asked, True)
            assert made.to_asked()["max_tokens"] == most
            assert not made.needs_text


@pytest.mark.parametrize(
    "arguments",
    [
        ("--requests", "10000000000"),
        ("--concurrency", "99999999999999999999"),
        ("--warmup", "99999999999999999999"),
        ("--runs", "99999999999999999999"),
        ("--rate", "2", "--max-connections", "99999999999999999999"),
        ("--ignore-eos",),
        ("--shared-prefix", "0.5", "--prompt", "x"),
        ("--shared-prefix", "2"),
        ("--speed-up", "2"),
        ("--burstiness", "2"),
        ("--rate", "2", "--arrival", "constant", "--burstiness", "2"),
        ("--rate", "2", "--think-time", "1s"),
        ("--preset", "light", "--rate", "2"),
        ("--cooldown", "1s", "--discard-in-flight"),
        ("--max-connections", "1", "--workers", "2", "--rate", "2"),
        ("--max-connections", "3", "--concurrency", "4"),
        ("--seed", "-1"),
        ("--runs", "0"),
        ("--workers", "257", "--rate", "1"),
        ("--timeout", "0s"),
        ("--prompt", ""),
    ],
)
def test_nonsense_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        config("--requests", "1", *arguments)


def test_a_duration_has_a_unit() -> None:
    assert options("--duration", "2m")["duration"] == 120
    with pytest.raises(click.BadParameter, match="ms, s, m or h"):
        options("--duration", "30")


def test_from_python_each_prompt_is_asked_once() -> None:
    made = BenchmarkConfig("openai", "a/b", ["x", "y"], 4)
    assert made.limits.requests == 2
    assert made.model_id == ModelId(provider="openai", model="a/b")
    assert made.connections_of(0) == 4


def test_workers_share_the_connections_as_they_share_the_clients() -> None:
    made = config("--max-connections", "5", "--workers", "2", "--rate", "9", "--requests", "1")
    assert [made.connections_of(worker) for worker in range(2)] == [3, 2]
    made = config("--max-connections", "5", "--workers", "2", "-c", "5", "--requests", "1")
    assert [made.connections_of(worker) for worker in range(2)] == [3, 2]


def test_from_python_contradictions_are_refused() -> None:
    synthetic = Synthetic.parse("5:5")
    mistakes: tuple[dict[str, Any], ...] = (
        {"prompts": "one text"},
        {"prompts": ["x"], "workload": synthetic},
        {"workload": synthetic},  # without an end
        {"prompts": []},
        {"prompts": ["x"], "concurrent_requests": 2, "load": ClosedLoop(concurrency=2)},
        {"workload": synthetic, "max_tokens": 3, "max_requests": 1},
    )
    for wrong in mistakes:
        with pytest.raises(UsageError):
            BenchmarkConfig("sim", "fast", **wrong)
