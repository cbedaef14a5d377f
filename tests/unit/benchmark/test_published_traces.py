"""Traces and conversations as they are published."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest

from modelforge.benchmark.load import Limits, OpenLoop
from modelforge.benchmark.scripts import read_scripts
from modelforge.benchmark.trace import TrafficTrace
from modelforge.benchmark.trace_text import read_trace
from modelforge.benchmark.trace_workload import TraceLengths

_DATA = Path(__file__).parents[4] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not _DATA.is_dir(), reason="the real data is not there (../shared/data)"
)


def opened(name: str) -> TrafficTrace:
    with (_DATA / name).open(encoding="utf-8") as lines:
        return read_trace(lines, name)


@pytest.mark.parametrize("name", ["azure_llm_2023_conv.csv", "azure_llm_2023_code.csv"])
def test_azure(name: str) -> None:
    trace = opened(name)
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(trace.rows) == len(rows)
    assert sum(row.input_tokens for row in trace.rows) == sum(
        int(row["ContextTokens"]) for row in rows
    )
    assert sum(row.output_tokens for row in trace.rows) == sum(
        int(row["GeneratedTokens"]) for row in rows
    )
    moments = [datetime.fromisoformat(row["TIMESTAMP"][:26]) for row in rows]  # microseconds
    assert [row.at_s for row in trace.rows] == pytest.approx(
        [(moment - moments[0]).total_seconds() for moment in moments], abs=1.1e-6
    )
    tenfold = OpenLoop(arrivals=trace.arrivals(speed_up=10))
    due_s = [due_s for _, due_s in tenfold.schedule(Limits(duration_s=60), seed=0)]
    assert len(due_s) == sum((moment - moments[0]).total_seconds() < 600 for moment in moments)


def test_mooncake() -> None:
    trace = opened("mooncake_conversation.jsonl")
    with (_DATA / "mooncake_conversation.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    assert len(trace.rows) == len(rows) == 12_031
    assert trace.rows[-1].at_s == rows[-1]["timestamp"] / 1000
    assert sum(row.input_tokens for row in trace.rows) == sum(row["input_length"] for row in rows)
    assert sum(row.output_tokens for row in trace.rows) == sum(row["output_length"] for row in rows)
    work = TraceLengths(trace=trace)
    block_of: dict[tuple[str, ...], int] = {}
    text_of: dict[int, tuple[str, ...]] = {}
    for index in range(0, 12_031, 200):
        words = work.ask(index).prompt.text.split(" ")
        assert len(words) == rows[index]["input_length"]
        for place, block in enumerate(rows[index]["hash_ids"]):
            text = tuple(words[512 * place : 512 * (place + 1)])
            assert text_of.setdefault(block, text) == text
            assert block_of.setdefault(text, block) == block
    assert len(text_of) > 1000


def test_mt_bench() -> None:
    with (_DATA / "mt_bench_questions.jsonl").open(encoding="utf-8") as lines:
        scripts = read_scripts(lines, "mt_bench")
    assert len(scripts) == 80
    assert {len(script.turns) for script in scripts} == {2}


@pytest.mark.parametrize(
    ("name", "count"), [("gsm8k_test.jsonl", 1319), ("alpaca_eval/gpt-4o-2024-05-13.json", 805)]
)
def test_single_questions(name: str, count: int) -> None:
    with (_DATA / name).open(encoding="utf-8") as lines:
        scripts = read_scripts(lines, name)
    assert len(scripts) == count
    assert {len(script.turns) for script in scripts} == {1}
