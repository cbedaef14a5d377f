"""Whatever a file holds, it yields cases or is refused in one line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modelforge.core.errors import PromptError
from modelforge.core.prompt import Case
from modelforge.prompts.open import open_prompts
from modelforge.prompts.source import validate
from modelforge.prompts.spec import FORMATS, PromptSpec

_TOKENS = [
    *("prompt", "messages", "system", "id", "role", "content", "user", "assistant", "a", "b"),
    *('"', "'", "{", "}", "[", "]", ",", ":", "\n", "\r\n", "\r", "\t", " ", "\\", "\0"),
    *("- ", "---\n", "...\n", "? ", "&a ", "*a", "<<: *a", "!!python/name:x", "!x ", "| \n", "%"),
    *("null", "true", "1", "-1.5", "1e999", "NaN", "\\ud800", "\\u0000", "\ufeff", "\x1b[0m", "é"),
    *(
        '"prompt": "a"',
        '{"prompt": "a"}',
        "prompt,id\n",
        '["a"]',
        '"a"\n',
        "- a\n",
        "- prompt: a\n",
    ),
]


def _joined(tokens: list[str]) -> bytes:
    return "".join(tokens).encode()


_structured = st.lists(st.sampled_from(_TOKENS), max_size=40).map(_joined)
_cut = st.tuples(_structured, st.integers(0, 200)).map(lambda cut: cut[0][: cut[1]])
_bytes = st.binary() | _structured | _cut | st.text().map(lambda text: text.encode("utf-16"))

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.sampled_from(_TOKENS[:10]), inner)
        | st.fixed_dictionaries({"prompt": inner})
        | st.fixed_dictionaries({"messages": st.lists(inner)})
    ),
    max_leaves=10,
)


def _read(data: bytes, **options: Any) -> None:
    with open_prompts(PromptSpec(prompts="-", **options), stdin=io.BytesIO(data)) as source:
        try:
            count = validate(source)
        except PromptError as error:
            refusal = str(error)
        else:
            refusal = ""
            found = list(source)
            assert len(found) == count >= 1
            for case in found:
                _check(case)
    assert refusal.isprintable()


def _check(case: Case) -> None:
    assert case.prompt.messages[-1].role == "user"
    assert case.prompt.text.strip()
    for message in case.prompt.messages:
        message.text.encode()
    (case.id or "").encode()


@pytest.mark.parametrize("format_", FORMATS)
@settings(deadline=None)
@given(data=_bytes)
@example(data=b"\xef\xbb\xbf")
@example(data=b"\xef\xbb")
@example(data=b"- &a [*a, *a]\n- *a")
@example(data=b"--- !!map\n<<: &a {<<: *a}")
@example(data=b"- !!null [x]")
@example(data=b'- {"a": ! x, ? {} : y}')
def test_any_bytes(format_: str, data: bytes) -> None:
    _read(data, format=format_)


@pytest.mark.parametrize("format_", ["jsonl", "json", "yaml"])
@settings(deadline=None)
@given(value=_json)
def test_any_json(format_: str, value: object) -> None:
    text = json.dumps(value if format_ == "jsonl" else [value])
    _read(text.encode(), format=format_)
    _read(text.encode(), format=format_, template="{{ row }}")


@pytest.mark.parametrize("template", [None, "{{ prompt }}"])
@settings(deadline=None)
@given(data=_bytes)
def test_any_bytes_as_one_prompt(template: str | None, data: bytes) -> None:
    spec = PromptSpec(prompt="-", template=template)
    refusal = ""
    try:
        with open_prompts(spec, stdin=io.BytesIO(data)) as source:
            [case] = source
        assert case.prompt.text in data.decode()
    except PromptError as error:
        refusal = str(error)
    assert refusal.isprintable()
