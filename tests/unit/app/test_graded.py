"""Tables of graded answers, as they come."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from modelforge.app.graded import GradedTable, read_graded
from modelforge.compare.observations import Observations
from modelforge.compare.quantity import score
from modelforge.compare.result import ComparisonMetrics, ComparisonResult
from modelforge.core.errors import PromptError, UsageError
from modelforge.export.formats import FORMATS

SCORE = score()


def read(path: Path, **options: object) -> Observations:
    return read_graded(GradedTable(path=str(path), **options), SCORE)  # type: ignore[arg-type]


def a_file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_rows_of_a_case_a_model_and_a_score(tmp_path: Path) -> None:
    table = a_file(tmp_path, "t.csv", "case,model,score\nx,a,1\nx,b,fail\ny,a,0.5\ny,a,0.7\n")
    seen = read(table)
    assert seen.models == ("a", "b")
    assert seen.of_prompts(SCORE, "a") == {0: 1.0, 1: pytest.approx(0.6)}
    assert seen.of_prompts(SCORE, "b") == {0: 0.0}
    assert not seen.graded(SCORE)


def test_rows_that_hold_every_model(tmp_path: Path) -> None:
    rows = lines(
        {"question": "x", "small": {"ok": True}, "big": {"ok": False}},
        {"question": "y", "small": {"ok": False}, "big": {"ok": None}},
    )
    seen = read(a_file(tmp_path, "t.jsonl", rows), columns={"small": "small.ok", "big": "big.ok"})
    assert seen.of_prompts(SCORE, "small") == {0: 1.0, 1: 0.0}
    assert seen.of_prompts(SCORE, "big") == {0: 0.0}
    assert seen.graded(SCORE)


def test_clusters_and_an_export_of_a_comparison(tmp_path: Path) -> None:
    rows = lines(
        {"prompt_id": "x", "model_id": "p/a", "latency_s": 0.5, "cluster": "doc"},
        {"prompt_id": "y", "model_id": "p/a", "latency_s": None, "cluster": "doc"},
    )
    seen = read(a_file(tmp_path, "t.jsonl", rows), score="latency_s")
    assert seen.clusters == 1
    assert seen.prompts == 2


def test_how_long_a_failure_took_is_no_latency(tmp_path: Path) -> None:
    rows = lines(
        {"prompt_index": 0, "model_id": "p/a", "latency_s": 0.5, "error_kind": None, "score": 1},
        {
            "prompt_index": 1,
            "model_id": "p/a",
            "latency_s": 30,
            "error_kind": "timed_out",
            "score": 0,
        },
    )
    path = a_file(tmp_path, "t.jsonl", rows)
    assert read(path, score="latency_s").of_prompts(SCORE, "p/a") == {0: 0.5}
    assert read(path).of_prompts(SCORE, "p/a") == {0: 1.0, 1: 0.0}  # but it may be graded


def test_one_model_of_two_providers_is_two_models(tmp_path: Path) -> None:
    rows = lines(
        {"case": "x", "model_id": "openai/gpt-4o", "model": "gpt-4o", "score": 1},
        {"case": "x", "model_id": "azure/gpt-4o", "model": "gpt-4o", "score": 0},
    )
    assert read(a_file(tmp_path, "t.jsonl", rows)).models == ("openai/gpt-4o", "azure/gpt-4o")


def test_the_json_export_of_a_comparison_is_a_table_too(tmp_path: Path) -> None:
    stream = StringIO()
    writer = FORMATS["json"](stream)
    for model in ("p/a", "p/b"):
        for index in range(3):
            metrics = ComparisonMetrics(latency=1.0 + index)
            writer.write(
                ComparisonResult(
                    model_id=model,
                    provider="p",
                    model=model[2:],
                    prompt="?",
                    response="!",
                    prompt_index=index,
                    metrics=metrics,
                )
            )
    writer.close([])
    path = a_file(tmp_path, "answers.json", stream.getvalue())
    seen = read(path, score="latency_s")
    assert seen.models == ("p/a", "p/b")  # the cases by prompt_index: no row has a prompt_id
    assert seen.of_prompts(SCORE, "p/b") == {0: 1.0, 1: 2.0, 2: 3.0}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x", "a row is an object, not text"),
        ({"model": "a", "score": 1}, "no field names the case"),
        ({"case": "x", "score": 1}, "no field names the model"),
        ({"case": "x", "model": "a"}, "no field 'score'"),
        ({"case": "x", "model": "a", "score": "good"}, "a score is a number, or pass or fail"),
        ({"case": "x", "model": "a", "score": [1]}, "is a list, not a number"),
        ({"case": "x", "model": "a", "score": "nan"}, "is no finite number up to 1e+120"),
        ({"case": "x", "model": "a", "score": 10**400}, "is no finite number up to 1e+120"),
        ({"case": "x", "model": "a", "score": -1e200}, "is no finite number up to 1e+120"),
        ({"case": "x", "model": "a", "score": 1, "cluster": ["d"]}, "'cluster' is a list"),
        ({"case": None, "model": "a", "score": 1}, "is missing"),
        ({"case": "x", "model": True, "score": 1}, "is a boolean"),
    ],
)
def test_a_row_that_cannot_be_used_is_one_line(tmp_path: Path, row: object, said: str) -> None:
    table = a_file(tmp_path, "t.jsonl", lines(row))
    with pytest.raises(PromptError) as refused:
        read(table)
    assert said in str(refused.value)
    assert "line 1" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_field_that_names_no_models_is_noticed(tmp_path: Path) -> None:
    rows = lines(*({"case": "x", "model": f"m{n}", "score": 1} for n in range(101)))
    with pytest.raises(UsageError, match="more than 100 models"):
        read(a_file(tmp_path, "t.jsonl", rows))


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read(a_file(tmp_path, "t.jsonl", ""))
