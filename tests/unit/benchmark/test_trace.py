"""Traces: reading them, and requests that are as long and share as much."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.load import WARM_UP_FROM
from modelforge.benchmark.trace import TraceRow, TrafficTrace
from modelforge.benchmark.trace_text import read_trace
from modelforge.benchmark.trace_workload import TraceLengths
from modelforge.benchmark.workload import Workload
from tests.support.refusal import refusal

AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
"""
MOONCAKE = '{"timestamp": 27, "input_length": 600, "output_length": 3, "hash_ids": [4, 9]}'


def of_blocks(*blocks: tuple[int, ...], tokens: int = 40) -> TraceLengths:
    rows = tuple(
        TraceRow(at_s=0, input_tokens=tokens, output_tokens=2, blocks=ids) for ids in blocks
    )
    return TraceLengths(trace=TrafficTrace(rows=rows, block_tokens=16))


def words(work: TraceLengths, index: int) -> list[str]:
    return work.ask(index).prompt.text.split(" ")


def test_azure() -> None:
    trace = read_trace(AZURE.splitlines(keepends=True), "azure")
    assert trace.rows == (
        TraceRow(at_s=0, input_tokens=4808, output_tokens=10),
        TraceRow(at_s=0.052, input_tokens=3180, output_tokens=8),
    )
    assert list(trace.arrivals(speed_up=2).due_s(0)) == [0, 0.026]


def test_azure_as_other_years_and_tools_write_it() -> None:
    text = (
        "\ufeffTIMESTAMP,GeneratedTokens,ContextTokens,Model\r\n"
        "2024-05-10 01:00:01.009930+01:00,1,2,a\r\n"
        "2024-05-10T00:00:00Z,3,4,b\r\n\r\n"
    )
    rows = read_trace(text.splitlines(keepends=True), "azure").rows
    assert [(row.at_s, row.input_tokens, row.output_tokens) for row in rows] == [
        (0, 4, 3),
        (1.00993, 2, 1),
    ]


def test_mooncake() -> None:
    later = {"timestamp": 1500.5, "input_length": 5, "output_length": 0}
    trace = read_trace([MOONCAKE, json.dumps(later)], "mooncake")
    assert trace.rows == (
        TraceRow(at_s=0, input_tokens=600, output_tokens=3, blocks=(4, 9)),
        TraceRow(at_s=1.4735, input_tokens=5, output_tokens=0),
    )
    assert trace.block_tokens == 512
    assert TraceLengths(trace=trace).ask(1).max_tokens == 1


@given(st.integers(0, 2000), st.integers(0, 5), st.integers(0, 2**45), st.integers(0, 99))
def test_requests_have_the_recorded_lengths(
    tokens: int, blocks: int, index: int, seed: int
) -> None:
    row = TraceRow(at_s=0, input_tokens=tokens, output_tokens=7, blocks=tuple(range(blocks)))
    trace = TrafficTrace(rows=(row,), block_tokens=100, name="t")
    work: Workload = TraceLengths(trace=trace, seed=seed)
    asked = work.ask(index)
    assert len(asked.prompt.text.split(" ")) == asked.input_tokens == max(tokens, 1)
    assert (asked.max_tokens, asked.ignore_eos, asked.source) == (7, True, "t")
    assert pickle.loads(pickle.dumps(work)).ask(index) == asked  # noqa: S301 (its own)
    assert work.follow_up(index, asked, "") is None


def test_the_same_block_is_the_same_text() -> None:
    work = of_blocks((1, 2, 3), (1, 2, 4), (1, 5, 3), (6, 2, 3))
    prompts = [words(work, index) for index in range(4)]
    assert prompts[0][:32] == prompts[1][:32]
    assert prompts[0][32:] != prompts[1][32:]
    assert prompts[0][:16] == prompts[2][:16]
    assert prompts[0][16:32] != prompts[2][16:32]
    assert prompts[0][32:] == prompts[2][32:]
    assert prompts[0][:16] != prompts[3][:16]
    assert prompts[0][16:] == prompts[3][16:]


def test_a_block_that_is_cut_is_the_beginning_of_the_whole() -> None:
    assert words(of_blocks((1,), tokens=9), 0) == words(of_blocks((1,), tokens=16), 0)[:9]


def test_what_has_no_block_is_the_requests_own() -> None:
    work = of_blocks((1,), (1,), ())
    prompts = [words(work, index) for index in range(3)]
    assert prompts[0][:16] == prompts[1][:16]
    assert prompts[0][16:22] != prompts[1][16:22]
    assert prompts[2][:6] != prompts[0][:6]


def test_another_round_shares_nothing_with_the_one_before() -> None:
    work = of_blocks((1, 2), (1, 3))
    assert words(work, 0)[:6] != words(work, 2)[:6]
    assert words(work, 2)[:16] == words(work, 3)[:16]
    assert words(work, WARM_UP_FROM)[:6] != words(work, 0)[:6]


HEAD = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "t: there is no request in it"),
        (HEAD, "t: there is no request in it"),
        ("a,b\n1,2\n", "t: this is no trace: it needs TIMESTAMP, ContextTokens,"),
        (HEAD + "yesterday,1,2", "t, line 2: 'yesterday' is no time such as"),
        (HEAD + "2023-13-16 18:17:03,1,2", "t, line 2: month must be in 1..12"),
        (HEAD + "2023-11-16 18:17:03,1", "t, line 2: there are 2 cells, and 3 are needed"),
        (HEAD + "2023-11-16 18:17:03,-1,2", "t, line 2: '-1' is no number of tokens"),
        (HEAD + "2023-11-16 18:17:03,1.5,2", "t, line 2: '1.5' is no number of tokens"),
        (HEAD + "2023-11-16 18:17:03,99999999,2", "t, line 2: a length must be a number from 0"),
        (HEAD + "x" * 200_000, "t, line 2: "),
        (MOONCAKE + "\n{", "t, line 2: this is not JSON"),
        (MOONCAKE + "\n[1]", "t, line 2: this is no JSON object"),
        ('{"timestamp": 1}', "t, line 1: there is no 'input_length'"),
        (MOONCAKE.replace("27", "-1"), "t, line 1: 'timestamp' must be milliseconds from 0 on"),
        (MOONCAKE.replace("27", "NaN"), "t, line 1: 'timestamp' must be"),
        (MOONCAKE.replace("27", "true"), "t, line 1: 'timestamp' must be"),
        (MOONCAKE.replace("600", "true"), "t, line 1: a length must be a number"),
        (MOONCAKE.replace("[4, 9]", "4"), "t, line 1: 'hash_ids' must be a list"),
        (MOONCAKE.replace("[4, 9]", '["4"]'), "t, line 1: 'hash_ids' must be a list"),
    ],
)
def test_what_is_no_trace_is_refused(text: str, says: str) -> None:
    assert refusal(lambda: read_trace(text.splitlines(keepends=True), "t")).startswith(says)


def test_nonsense_is_refused() -> None:
    row = TraceRow(at_s=0, input_tokens=1, output_tokens=1)
    trace = TrafficTrace(rows=(row,))
    assert "no request" in refusal(lambda: TrafficTrace(rows=()))
    assert "tokens of a block" in refusal(lambda: TrafficTrace(rows=(row,), block_tokens=0))
    assert "input length" in refusal(lambda: TraceRow(at_s=0, input_tokens=-1, output_tokens=1))
    assert "output length" in refusal(
        lambda: TraceRow(at_s=0, input_tokens=1, output_tokens=10_000_001)
    )
    assert "seed" in refusal(lambda: TraceLengths(trace=trace, seed=-1))
    assert "speed-up" in refusal(lambda: trace.arrivals(speed_up=-1))
