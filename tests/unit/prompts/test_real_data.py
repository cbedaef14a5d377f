"""Files as they are published."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.prompts.reading import cases, refusal, texts

_DATA = Path(__file__).parents[4] / "shared" / "data"

pytestmark = pytest.mark.skipif(
    not _DATA.is_dir(), reason="the real data is not there (../shared/data)"
)


def test_gsm8k() -> None:
    path = _DATA / "gsm8k_test.jsonl"
    found = texts(prompts=path, prompt_field="question")
    assert len(found) == 1319
    assert found[0].startswith("Janet\u2019s ducks lay 16 eggs per day.")
    assert refusal(prompts=path) == (
        f"{path}, line 1: no field 'prompt'; there are 'question', 'answer'; "
        "name the one that holds the prompt with --prompt-field"
    )


def test_mt_bench() -> None:
    path = _DATA / "mt_bench_questions.jsonl"
    found = cases(prompts=path, template="{{ turns[0] }}", id_field="question_id")
    assert [case.id for case in found] == [str(number) for number in range(81, 161)]
    assert found[0].prompt.text.startswith("Compose an engaging travel blog post")
    assert refusal(prompts=path, prompt_field="turns").endswith(
        "field 'turns' is a list, not text; make text of it with --template"
    )


def test_alpaca_eval() -> None:
    files = sorted((_DATA / "alpaca_eval").glob("*.json"))
    assert files
    read = [texts(prompts=path, prompt_field="instruction") for path in files]
    assert [len(found) for found in read] == [805] * len(files)
    assert read[0] == read[-1]
    as_yaml = texts(prompts=files[0], prompt_field="instruction", format="yaml", limit=20)
    assert as_yaml == read[0][:20]


def test_tables_with_a_template() -> None:
    template = "{{ ContextTokens }} in, {{ GeneratedTokens }} out"
    found = texts(prompts=_DATA / "azure_llm_2023_conv.csv", template=template)
    assert len(found) == 19_366
    assert found[0] == "374 in, 44 out"
