"""Scenario files: what is read, and what is refused in one line."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from modelforge.core.errors import ScenarioError
from modelforge.core.token_counts import TokenCounts
from modelforge.core.token_percentiles import TokenPercentiles
from modelforge.scenarios.file import LARGEST_BYTES, read_scenarios
from modelforge.scenarios.schema import json_schema

WHOLE = """\
- name: chat
  requests_per_day: 2000
  prompt_tokens: lognormal(1800, 900)
  completion_tokens: {p50: 200, p95: 900}
  cache_hit_rate: 0.4
  cache_write_rate: 0.05
  batch_share: 0.25
  growth_per_month: 0.1
  retries: 0.02
  days: 90
  start: 2026-12-01
  hours: [1,1,1,1,1,1,1,4,4,4,4,4,4,4,4,4,4,4,1,1,1,1,1,1]
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ScenarioError) as refused:
        read_scenarios(path)
    said = str(refused.value)
    assert "\n" not in said
    assert path.name in said
    return said


def test_everything_a_scenario_may_say(tmp_path: Path) -> None:
    (chat,) = read_scenarios(written(tmp_path, "plan.yaml", WHOLE))
    assert chat.prompt_tokens == TokenCounts.parse("lognormal(1800,900)")
    assert chat.completion_tokens == TokenPercentiles(points=((50, 200), (95, 900)))
    assert chat.avg_prompt_tokens == pytest.approx(1800, rel=0.02)
    assert (chat.days, chat.retries, len(chat.hours)) == (90, 0.02, 24)
    assert chat.start is not None


def test_the_shipped_schema_is_that_of_the_reader_and_accepts_what_it_reads() -> None:
    shipped = json.loads(
        (files("modelforge.scenarios") / "data" / "scenarios.schema.json").read_text("utf-8")
    )
    assert shipped == json_schema()
    document = yaml.safe_load(WHOLE.replace("start: 2026-12-01", "start: '2026-12-01'"))
    jsonschema.validate(document, shipped)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{"name": "x", "promt_tokens": 5}], shipped)


@pytest.mark.parametrize("name", ["plan.csv", "plan.json", "plan.jsonl"])
def test_other_formats_and_the_names_of_old(tmp_path: Path, name: str) -> None:
    row = {
        "name": "a",
        "prompts_per_day": 10,
        "avg_prompt_tokens": 100,
        "avg_completion_tokens": 20,
    }
    text = {
        "plan.csv": f"{','.join(row)},days\n{','.join(map(str, row.values()))},\n",
        "plan.json": json.dumps([row]),
        "plan.jsonl": json.dumps(row),
    }[name]
    (one,) = read_scenarios(written(tmp_path, name, text))
    assert (one.prompts_per_day, one.avg_prompt_tokens, one.days) == (10, 100, 30)


BASE = "name: x, requests_per_day: 5, prompt_tokens: 10, completion_tokens: 3"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (BASE.replace("10", "-10"), "greater than or equal to 0"),
        (BASE.replace("10", "10.5"), "fractional"),
        (BASE.replace("10", "'nan'"), "no number of tokens"),
        (BASE.replace("10", "true"), "not true or false"),
        (BASE.replace(": 5", ": 0"), "greater than 0"),
        (f"{BASE}, currency: EUR", "unknown currency 'EUR'"),
        (f"{BASE}, cache_hit_rate: 1.5", "less than or equal to 1"),
        (f"{BASE}, hit_rate: 0.5", "did you mean cache_hit_rate"),
        (f"{BASE}, hours: [1, 2]", "24 or 168"),
        (f"{BASE}, days: 0", "greater than or equal to 1"),
        (f"{BASE}, avg_prompt_tokens: 5", "twice under two of its names"),
        ("name: x, requests_per_day: 5, prompt_tokens: 10", "completion_tokens is missing"),
        ("name: x, prompt_tokens: 10, completion_tokens: 3", "requests_per_day is missing"),
        ("requests_per_day: 5", "'name' is missing"),
        (BASE.replace("10", "'lognormal(5)'"), "no number of tokens"),
        (BASE.replace("10", "{p95: 5}"), "needs two of them"),
        (f"{BASE}, measured: log.csv", "leave prompt_tokens"),
        ("name: x, requests_per_day: 5, measured: nothing.csv", "no such file"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(tmp_path: Path, row: str, said: str) -> None:
    path = written(tmp_path, "plan.yaml", f"- {{{row}}}\n")
    assert said in refusal(path)
    assert "line 1" in refusal(path)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("empty.yaml", "", "no scenario in it"),
        ("head.csv", "name,days\n", "no scenario in it"),
        ("other.csv", "a,b\n1,2\n", "no field of a scenario is named 'a'"),
        ("one.yaml", "name: x\n", "start each row with"),
        ("text.yaml", "- hello\n", "is an object, not text"),
        ("plan.txt", "hello", "the suffix of a scenario file"),
        ("twice.yaml", f"- {{{BASE}}}\n- {{{BASE}}}\n", "a second scenario named 'x'"),
        (
            "bomb.yaml",
            "- a: &a [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"  {chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 10)}]\n"
                for n in range(8)
            ),
            "with its aliases replaced",
        ),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, text: str, said: str) -> None:
    assert said in refusal(written(tmp_path, name, text))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(30 * LARGEST_BYTES)
    assert "30 MiB" in refusal(path)
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    assert "a directory" in refusal(folder)
    assert "no such file" in refusal(tmp_path / "missing.yaml")
