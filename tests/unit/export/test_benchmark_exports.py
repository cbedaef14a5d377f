"""A benchmark as JSON, CSV, Markdown and in the terminal."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.export.benchmark_formats import BENCHMARK_FORMATS
from modelforge.export.benchmark_json import benchmark_json, benchmark_json_schema
from modelforge.export.benchmark_record import LATENCIES, STATISTICS, to_document
from modelforge.export.benchmark_schema import BenchmarkDocument, json_schema
from modelforge.export.benchmark_view import benchmark_view
from modelforge.pricing.tariff import Rates, Tariff
from tests.unit.benchmark.runs import (
    PLAN,
    a_failure,
    a_recording,
    a_request,
    a_table,
    a_word,
    gaps_of,
)
from tests.unit.export.corpus import HOSTILE_TEXT
from tests.unit.export.drawing import drawn, drawn_on_a_terminal, widest
from tests.unit.export.test_terminal_text import assert_harmless

_VIEW = """\
━━ benchmark · openai/gpt-4o-mini ━━━━━━━━━━━━━━━━━━━━━━━━━━━━
SUSPECT
  cut_short: the run ended before its end: what was under way,
    or came after the last word, is not in the recording;
    under way at the last word: 1
  many_failed: 33.3% of the requests failed: the latencies are
    those of the rest
  few_requests: 2 answered requests are few for p90, p95, p99,
    p99.9: that takes 1,000

requests      3 · 1 failed · 1 missing
measured      33.0 s
throughput    0.06 requests/s · 0.30 output tokens/s
goodput       0.06 requests/s · 2 met ttft 500 ms
a stream      35.7 tokens/s (p50)
ITL is        every gap of token events, as vLLM's
              GuideLLM's p99 10.0 ms
tokens        40 in (8 cached) · 10 out
price         $0.000056: not in it: 1 failed or broken off,
              perhaps billed
client        1 worker
              0.5 s CPU
              48 MiB
              loop 1.00 ms late (p99)
✗ timed_out 1

━━ latency, ms ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
                     mean   p50   p90   p95   p99  p99.9   max
TTFT                  100   100   100   100   100    100   100
TTFT from due         101   101   101   101   101    101   101
ITL                  10.0  10.0  10.0  10.0  10.0   10.0  10.0
TPOT                 10.0  10.0  10.0  10.0  10.0   10.0  10.0
end to end            141   141   141   141   141    141   141
end to end from due   142   142   142   142   142    142   142
schedule lag         1.00  1.00  1.00  1.00  1.00   1.00  1.00
"""


def a_result(error: str = "timed_out") -> BenchmarkResult:
    recording = a_recording(
        a_table(a_request(0), a_request(1), a_failure(3, error)),
        [a_word(at_s=33, cpu_s=0.5, final=False, in_flight=1)],
        gaps=gaps_of(10, 10, 10),
        plan=replace(PLAN, open_loop=True),
    )
    return summarise(
        recording,
        slo=Slo.parse("ttft=500ms"),
        prices=Tariff(rates=Rates(input=Decimal(1), output=Decimal(2), cache_read=Decimal("0.5"))),
    )


def nothing() -> BenchmarkResult:
    return summarise(a_recording(a_table()))


def test_the_terminal_view() -> None:
    assert drawn(benchmark_view(a_result()), 62) == _VIEW


@pytest.mark.parametrize("width", [10, 20, 40, 61, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
def test_it_fits_any_console_and_cuts_no_number(width: int, encoding: str) -> None:
    text = drawn(benchmark_view(a_result()), width, encoding=encoding)
    assert widest(text) <= width
    for number in ("SUSPECT", "10.0", "35.7", "1.00", "142"):
        assert number in text


def test_it_is_said_without_colour() -> None:
    coloured = drawn_on_a_terminal(benchmark_view(a_result()))
    plain = drawn_on_a_terminal(benchmark_view(a_result()), no_color=True)
    assert "\x1b[1;33mSUSPECT" in coloured
    assert "SUSPECT" in plain
    assert "[1;33m" not in plain


@pytest.mark.parametrize("result", [a_result(), nothing()])
def test_the_json_keeps_to_its_schema(result: BenchmarkResult) -> None:
    text = benchmark_json(result)
    BenchmarkDocument.model_validate_json(text)
    document = json.loads(text)
    assert document == to_document(result)
    assert document["schema"] == "modelforge.benchmark/1"
    for name in LATENCIES:
        assert tuple(document[name]) == STATISTICS


def test_a_repeated_run_holds_its_runs() -> None:
    result = replace(a_result(), runs=(a_result(), nothing()), server={"vllm": {"ttft_ms": 3}})
    document = BenchmarkDocument.model_validate_json(benchmark_json(result))
    assert len(document.runs) == 2
    rows = list(csv.DictReader(io.StringIO(BENCHMARK_FORMATS["csv"](result))))
    assert [row["requests.total"] for row in rows] == ["3", "3", "0"]


def test_the_schema_in_the_package_is_the_models() -> None:
    assert json.loads(benchmark_json_schema()) == json_schema()


def test_of_nothing_figures_are_null() -> None:
    document = to_document(nothing())
    assert document["ttft_ms"] == dict.fromkeys(STATISTICS) | {"count": 0}
    assert document["cost_usd"] is None
    assert document["cost_note"] == "nothing was answered"
    assert document["requests_per_s"] is None


def test_dollars_are_exact() -> None:
    assert to_document(a_result())["cost_usd"] == "0.000056"


def test_the_csv_has_a_cell_a_figure() -> None:
    (row,) = csv.DictReader(io.StringIO(BENCHMARK_FORMATS["csv"](a_result())))
    assert row["verdict.status"] == "SUSPECT"
    assert row["verdict.reasons"] == "cut_short"
    assert row["ttft_ms.p99_9"] == "100.0"
    assert row["errors"] == "timed_out 1"


def test_the_plan_cannot_be_overwritten_by_what_was_asked() -> None:
    result = replace(a_result(), plan=replace(PLAN, asked={"workers": 99, "seed": 1}))
    assert to_document(result)["plan"] == {"open_loop": False, "workers": 1, "seed": 1}


@given(HOSTILE_TEXT)
def test_hostile_words_act_on_no_terminal(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    result = replace(
        a_result(),
        errors={clean: 1},
        cost_note=clean,
        loss=clean,
        total_cost=None,
        plan=replace(PLAN, model=clean),
    )
    assert_harmless(drawn(benchmark_view(result), 60))
    assert_harmless(BENCHMARK_FORMATS["markdown"](result))
    written = benchmark_json(result)
    assert json.loads(written)["errors"] == {clean: 1}
    assert "<" not in written
    cells = next(csv.DictReader(io.StringIO(BENCHMARK_FORMATS["csv"](result), newline="")))
    assert not cells["errors"].startswith(("=", "+", "-", "@"))
