"""Benchmarks that have names."""

from __future__ import annotations

import pickle

import pytest

from modelforge.benchmark.preset import PRESETS, preset_named
from modelforge.benchmark.synthetic import Synthetic
from tests.support.refusal import refusal


def test_another_name_is_refused() -> None:
    assert refusal(lambda: preset_named("huge")) == (
        "'huge' is no preset: use one of light, heavy, latency, throughput"
    )


@pytest.mark.parametrize("name", ["light", "heavy", "latency", "throughput"])
def test_a_preset_is_a_whole_run(name: str) -> None:
    preset = preset_named(name)
    preset.limits.require_end(preset.load)
    assert Synthetic.parse(preset.synthetic).ask(0).max_tokens
    assert pickle.loads(pickle.dumps(preset)) == preset  # noqa: S301 (its own)
    assert set(PRESETS) == {"light", "heavy", "latency", "throughput"}
