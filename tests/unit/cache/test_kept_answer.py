"""What is kept comes back as it was, and nothing else comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.cache.kept_answer import KeptAnswer
from modelforge.core.events import Recalled
from modelforge.core.prompt import ToolCall
from modelforge.core.usage import Usage

# Lone surrogates too: a model may write them.
TEXT = st.text(st.characters(exclude_categories=()))
TOKENS = st.none() | st.integers(0, 10**9)
ANSWERS = st.builds(
    KeptAnswer,
    text=TEXT,
    reasoning=TEXT,
    refusal=TEXT,
    tool_calls=st.lists(st.builds(ToolCall, id=TEXT, name=TEXT, arguments=TEXT), max_size=2).map(
        tuple
    ),
    finish_reason=st.none() | TEXT,
    usage=st.builds(
        Usage,
        prompt_tokens=TOKENS,
        completion_tokens=TOKENS,
        cached_tokens=TOKENS,
        cache_write_tokens=TOKENS,
        reasoning_tokens=TOKENS,
    ),
    recalled=st.builds(
        Recalled,
        asked_at=st.datetimes(timezones=st.just(UTC)),
        latency_s=st.none() | st.floats(0, 1e6),
        first_token_s=st.none() | st.floats(0, 1e6),
    ),
)
ANSWER = KeptAnswer(
    text="yes",
    reasoning="",
    refusal="",
    tool_calls=(),
    finish_reason="stop",
    usage=Usage(),
    recalled=Recalled(asked_at=datetime(2026, 1, 2, tzinfo=UTC)),
)


@given(ANSWERS)
def test_it_comes_back(answer: KeptAnswer) -> None:
    text = answer.to_json()
    assert text.isascii()
    assert KeptAnswer.from_json(text) == answer


@pytest.mark.parametrize(
    "changes",
    [
        {"text": 1},
        {"text": None},
        {"tool_calls": [{"id": "a"}]},
        {"tool_calls": 3},
        {"usage": {}},
        {"usage": dict.fromkeys(json.loads(ANSWER.to_json())["usage"], -1)},
        {"asked_at": "yesterday"},
        {"asked_at": "2026-01-02T00:00:00"},
        {"latency_s": "1"},
    ],
)
def test_what_does_not_fit_is_no_answer(changes: dict[str, Any]) -> None:
    document = json.loads(ANSWER.to_json())
    assert KeptAnswer.from_json(json.dumps(document)) == ANSWER
    assert KeptAnswer.from_json(json.dumps({**document, **changes})) is None


@pytest.mark.parametrize("text", ["", "null", "[]", "1", "{}", "[" * 100_000, "\x80\x04K\x01."])
def test_any_other_text_is_no_answer(text: str) -> None:
    assert KeptAnswer.from_json(text) is None


def test_an_answer_kept_before_a_count_was_known_is_still_one() -> None:
    document = json.loads(ANSWER.to_json())
    for name in ("cache_write_1h_tokens", "input_audio_tokens", "output_audio_tokens"):
        del document["usage"][name]
    assert KeptAnswer.from_json(json.dumps(document)) == ANSWER
