"""Markdown, read by a CommonMark parser: the models' words stay quoted."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from modelforge.compare.result import ComparisonResult
from modelforge.export.markdown_text import code, fenced
from modelforge.export.markdown_writer import MarkdownWriter
from modelforge.export.terminal_text import terminal_line, terminal_text
from tests.unit.export.corpus import (
    HOSTILE_TEXT,
    MEGABYTE,
    NASTY,
    UNSENT,
    a_result,
    results,
    summaries,
)

_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_BLOCKS = {"heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td"}
_SPANS = {"text", "code_inline", "strong_open", "strong_close", "em_open", "em_close"}

_DOCUMENT = """\
# Model comparison

## Prompt 1 `fr`

```text
What is the capital of France?
```

### `openai/gpt-4o`

```text
Paris.
```

| latency | first token | tokens | speed | price |
| --- | --- | --- | --- | --- |
| 0.84 s | 0.12 s | 24 in (16 cached) · 92 out | 109 tokens/s | $0.000123 |

### `x/y`, repeat 2

```text
Par
```

**✗ `timed_out`** `no answer within 5 s`

| latency | first token | tokens | price | finish |
| --- | --- | --- | --- | --- |
| 0.84 s | 0.12 s | 24 in · ? out | unknown: `no price is known` | `length` |

## Summary

Times and tokens/s are medians of the answered requests; tokens and cost are totals.

| model | answered | failed | latency | first token | tokens/s | tokens in | tokens out \
| cost | errors |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| `openai/gpt-4o` | 1 | 0 | 0.84 s | 0.12 s | 109 | 24 | 92 | $0.000123 |  |
| `x/y` | 0 | 1 | – | – | – | 24 | – | unknown | `timed_out 1` |

`x/y`: price unknown: `no price is known`.

**Incomplete:** the comparison was stopped before its last result.
"""  # noqa: RUF001 (a dash is meant)


def _written(*written: ComparisonResult, complete: bool = True) -> str:
    stream = StringIO(newline="")
    writer = MarkdownWriter(stream)
    for result in written:
        writer.write(result)
    writer.close(summaries(*written), complete=complete)
    return stream.getvalue()


def _parsed(text: str) -> list[Token]:
    """The blocks of a document that holds nothing but what the writer puts there itself."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        assert name in _BLOCKS | {"fence", "inline"}, token
        assert token.level <= 4
        for span in token.children or []:
            assert span.type in _SPANS, span
            if span.type == "text":
                assert not set(span.content) & set("<>&`[]@#|"), span
    return tokens


@given(HOSTILE_TEXT)
def test_a_block_holds_its_text(text: str) -> None:
    (fence,) = _PARSER.parse(fenced(text))
    assert fence.type == "fence"
    assert fence.info == "text"
    assert fence.content == f"{terminal_text(text)}\n"


@given(HOSTILE_TEXT)
def test_a_span_holds_its_text_even_in_a_table(text: str) -> None:
    expected = terminal_line(text).replace("|", "¦")
    tokens = _PARSER.parse(f"| a | b |\n| --- | --- |\n| {code(text)} | after |")
    cells = [token.children or [] for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    assert [span.content for span in cells[2]] == ([expected] if expected else [])
    assert all(span.type == "code_inline" for span in cells[2])
    assert cells[3][0].content == "after"


@given(st.lists(results(), max_size=3), st.booleans())
def test_no_result_breaks_out(written: list[ComparisonResult], complete: bool) -> None:
    tokens = _parsed(_written(*written, complete=complete))
    fences = [token.content for token in tokens if token.type == "fence"]
    answers = [f"{terminal_text(result.response)}\n" for result in written if result.response]
    assert [text for text in fences if text in answers] or not answers
    headings = [token.tag for token in tokens if token.type == "heading_open"]
    assert headings.count("h1") == 1
    assert headings.count("h3") == len(written)
    assert headings.count("h2") <= len(written) + 1


@pytest.mark.parametrize("name", sorted(NASTY))
def test_the_corpus_stays_quoted_wherever_it_stands(name: str) -> None:
    text = NASTY[name]
    result = a_result(
        text,
        model_id=text,
        prompt=text,
        prompt_id=text,
        error=text,
        error_kind=text,
        cost=None,
        cost_note=text,
        finish_reason=text,
    )
    _parsed(_written(result))


@pytest.mark.parametrize("name", sorted(MEGABYTE))
def test_a_megabyte_is_one_block(name: str) -> None:
    (fence,) = _PARSER.parse(fenced(MEGABYTE[name]))
    assert fence.type == "fence"


def test_a_document_to_read() -> None:
    priced = a_result("Paris.", prompt_id="fr", cached_tokens=16)
    failed = a_result(
        "Par",
        model_id="x/y",
        prompt_id="fr",
        finish_reason="length",
        cost=None,
        repeat=1,
        cost_note="no price is known",
        error="no answer within 5 s",
        error_kind="timed_out",
        completion_tokens=None,
    )
    assert _written(priced, failed, complete=False) == _DOCUMENT


def test_an_empty_answer_and_an_unsent_request_say_so() -> None:
    text = _written(
        a_result(""), a_result("", **UNSENT, error="refused", error_kind="server_failed")
    )
    assert "_(empty answer)_" in text
    assert "**✗ `server_failed`** `refused`" in text


def test_no_results() -> None:
    assert _written() == "# Model comparison\n\nNo results.\n"


def test_a_prompt_is_repeated_when_another_came_between() -> None:
    text = _written(*(a_result(prompt_index=index) for index in (0, 0, 1, 0)))
    assert text.count("## Prompt 1") == 2
    assert text.count("## Prompt 2") == 1
