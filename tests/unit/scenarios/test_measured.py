"""Usage logs of several makers, and our own exports."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelforge.compare.evidence import evidence
from modelforge.compare.observations import Observations
from modelforge.compare.quantity import score
from modelforge.core.errors import ScenarioError
from modelforge.export.evidence_formats import evidence_json
from modelforge.scenarios.measured import read_measured
from modelforge.scenarios.spent import read_spent
from modelforge.scenarios.usage_row import read_usage
from modelforge.scenarios.values_by_model import read_values
from modelforge.stats.proportion import proportion

DATA = Path(__file__).parents[4] / "shared" / "data"


def log(folder: Path, *rows: dict[str, Any], name: str = "log.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        # OpenAI's answers, in a log of one's own.
        (
            {
                "usage": {
                    "prompt_tokens": 100,
                    "completion_tokens": 20,
                    "prompt_tokens_details": {"cached_tokens": 60},
                    "completion_tokens_details": {"reasoning_tokens": 5},
                }
            },
            (100, 20, 60, None, 5),
        ),
        # Responses API.
        (
            {
                "usage": {
                    "input_tokens": 100,
                    "output_tokens": 20,
                    "input_tokens_details": {"cached_tokens": 60},
                }
            },
            (100, 20, 60, None, None),
        ),
        # Anthropic's own count leaves out what was cached.
        (
            {
                "usage": {
                    "input_tokens": 30,
                    "output_tokens": 20,
                    "cache_read_input_tokens": 60,
                    "cache_creation_input_tokens": 10,
                }
            },
            (100, 20, 60, 10, None),
        ),
        # LiteLLM's spend logs count it in, and keep the parts in their metadata.
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "spend": 0.1,
                "metadata": json.dumps(
                    {"additional_usage_values": {"cache_read_input_tokens": 60}}
                ),
            },
            (100, 20, 60, None, None),
        ),
        ({"ContextTokens": "100", "GeneratedTokens": "20"}, (100, 20, None, None, None)),
    ],
)
def test_the_same_request_as_each_maker_counts_it(
    row: dict[str, Any], expected: tuple[float | None, ...]
) -> None:
    found = read_usage(row, "here")
    assert found is not None
    assert (
        found.prompt,
        found.completion,
        found.cached,
        found.written,
        found.reasoning,
    ) == expected


def test_an_export_of_openais_usage_is_buckets_of_several_requests(tmp_path: Path) -> None:
    page = {
        "object": "page",
        "data": [
            {
                "object": "bucket",
                "start_time": 1730419200 + day * 86400,
                "end_time": 1730505600 + day * 86400,
                "results": [
                    {
                        "object": "organization.usage.completions.result",
                        "input_tokens": 1000,
                        "output_tokens": 500,
                        "input_cached_tokens": 800,
                        "num_model_requests": 5,
                        "model": "gpt-4o-2024-08-06",
                        "batch": None,
                    }
                ],
            }
            for day in range(4)
        ],
        "has_more": False,
    }
    path = tmp_path / "usage.json"
    path.write_text(json.dumps(page))
    sample = read_measured(path)
    assert sample.requests == 20
    assert max(sample.weights) > 1
    assert (sample.mean(sample.prompt), sample.mean(sample.cached)) == (200, 160)
    assert sample.per_day == pytest.approx(5)
    assert any("sums of several requests" in note for note in sample.notes)


def test_litellms_spend_log_with_failures_and_its_own_cache(tmp_path: Path) -> None:
    base = {
        "model": "gpt-4o",
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "spend": 0.00045,
        "cache_key": "k",
        "cache_hit": "False",
        "status": "success",
    }
    path = log(
        tmp_path,
        *(
            {**base, "startTime": f"2026-11-0{day}T{hour:02}:00:00Z"}
            for day in (2, 3)
            for hour in range(24)
        ),
        {**base, "startTime": "2026-11-03T12:00:00Z", "cache_hit": "True", "spend": 0},
        {**base, "startTime": "2026-11-03T12:00:00Z", "status": "failure", "prompt_tokens": 0},
    )
    sample = read_measured(path)
    assert sample.requests == 48
    assert sample.per_day == pytest.approx(48 / 47 * 24)
    assert sample.hours == (2.0,) * 24
    assert sample.notes == ("2 failed or unbilled requests are left out",)
    assert read_spent(path).usd == Decimal("0.00045") * 49


def test_models_are_told_apart(tmp_path: Path) -> None:
    rows = [
        {"model": name, "prompt_tokens": count, "completion_tokens": 1}
        for name, count in (("a", 10), ("b", 20), ("b", 30))
    ]
    path = log(tmp_path, *rows)
    assert read_measured(path).notes == ("of 2 models together: 'a', 'b'",)
    assert read_measured(path, model="b").prompt.tolist() == [20, 30]
    with pytest.raises(ScenarioError, match="its models: 'a', 'b'"):
        read_measured(path, model="c")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"prompt_tokens": -1, "completion_tokens": 1}, "0 or more"),
        ({"prompt_tokens": 1.5, "completion_tokens": 1}, "whole"),
        ({"prompt_tokens": "many", "completion_tokens": 1}, "not a number of tokens"),
        ({"prompt_tokens": True, "completion_tokens": 1}, "not a number of tokens"),
        ({"prompt_tokens": 5, "completion_tokens": 1, "cached_tokens": 6}, "more cached tokens"),
        ({"prompt_tokens": 5, "completion_tokens": 1, "reasoning_tokens": 2}, "more reasoning"),
        ({"prompt_tokens": 5, "completion_tokens": 1, "timestamp": "soon"}, "not a time"),
        ({"tokens": 5}, "no field with the prompt tokens"),
        ({"prompt_tokens": 5}, "none of its 1 rows has token counts"),
    ],
)
def test_a_log_that_contradicts_itself_is_refused(
    tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_measured(log(tmp_path, row))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_real_traffic() -> None:
    path = DATA / "azure_llm_2023_code.csv"
    if not path.exists():
        pytest.skip(f"no {path.name} beside the checkout")
    sample = read_measured(path)
    assert sample.requests == 8819
    assert sample.mean(sample.prompt) == pytest.approx(2047.8, rel=1e-3)
    assert sample.per_day is not None
    assert sample.per_day > 100_000


def test_scores_and_latencies_by_model(tmp_path: Path) -> None:
    table = tmp_path / "scores.csv"
    table.write_text("model,score\na/b,0.5\na/b,0.7\nc/d,1\n")
    scores = read_values(table, names=("score",))
    assert scores.values == {"a/b": pytest.approx(0.6), "c/d": 1}
    assert scores.intervals == {}
    whole = tmp_path / "scores.json"
    whole.write_text('{"a/b": 3}')
    assert read_values(whole, names=("score",)).values == {"a/b": 3}
    compared = tmp_path / "answers.json"
    results = [{"model_id": "a/b", "latency_s": s} for s in (1, 2, 9)]
    compared.write_text(json.dumps({"schema": "modelforge.comparison/1", "results": results}))
    assert read_values(compared, names=("latency_s",), latency=True).values == {"a/b": 2}
    table.write_text("model,score\na/b,good\n")
    with pytest.raises(ScenarioError, match="no number"):
        read_values(table, names=("score",))


def graded(*, higher_is_better: bool = True) -> str:
    """The export of ``modelforge scores``: two models of which one passes 9 of 12."""
    seen = Observations((score(higher_is_better=higher_is_better),))
    for case in range(12):
        seen.add("a/b", case, {"score": float(case % 4 > 0)})
        seen.add("c/d", case, {"score": 1.0})
    return evidence_json(evidence(seen))


def test_the_export_of_graded_answers_has_scores_with_intervals(tmp_path: Path) -> None:
    path = tmp_path / "graded.json"
    path.write_text(graded())
    found = read_values(path, names=("score",))
    assert found.values == {"a/b": 0.75, "c/d": 1.0}
    expected = proportion(9, 12).interval
    assert found.intervals["a/b"].low == pytest.approx(expected.low, rel=1e-5)
    assert found.intervals["a/b"].high == pytest.approx(expected.high, rel=1e-5)
    path.write_text(graded(higher_is_better=False))
    with pytest.raises(ScenarioError, match="lower is better"):
        read_values(path, names=("score",))
    path.write_text('{"schema": "modelforge.scores/1", "level": 0.95, "quantities": []}')
    with pytest.raises(ScenarioError, match="export it anew"):
        read_values(path, names=("score",))
