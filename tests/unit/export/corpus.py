"""Texts that a hostile model could answer with, and results around them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from modelforge.compare.result import ComparisonMetrics, ComparisonResult
from modelforge.compare.summary import ModelSummary, SummaryBuilder

FENCES = [f"{'`' * n}\n# out\n{'`' * n}" for n in range(1, 9)]

NASTY = {
    "colour": "\x1b[31mred\x1b[0m",
    "cursor": "safe\x1b[2K\x1b[1A\x1b[Ggone",
    "clipboard (OSC 52)": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "hyperlink (OSC 8)": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "device control": '\x1bP$q"p\x1b\\',
    "8-bit controls": "\x9b31m\x9d52;c;QQ==\x9c\x90q\x9c",
    "NUL": "a\x00b",
    "progress bar": "rm -rf /\rharmless  ",
    "windows lines": "a\r\nb\r\n",
    "backspace": "secret\x08\x08\x08\x08\x08\x08public",
    "right to left": "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u200e\u061c",
    "zero width": "a\u200bb\u2060c\ufeffd\u00ade",
    "tags": "hi\U000e0068\U000e0069",
    "smuggled selectors": "x\ufe00\ufe01\U000e0100\U000e01ef",
    "separators": "a\u2028b\u2029c\x0bd\x0ce\x1cf\x85g",
    "lone surrogates": "\ud800a\udfff",
    "surrogate pair": "\ud83d\ude00",
    "private use": "\ue000\uf8ff\U000f0000\U0010fffd",
    "zalgo": "Z" + "\u0335\u0321\u0341" * 40 + "algo" + "\u0301" * 50,
    "mark without a base": "\u0301x \u0301y\n\u0301z",
    "emoji": "👩‍👩‍👧‍👦 👩🏽‍🚀 ❤️ 1️⃣ 🇫🇷 🏽",
    "script": "</script><script>alert(1)</script>",
    "comment": "<!-- --> --!> <!--",
    "html": '<img src=x onerror=alert(1)><a href="javascript:x">&lt;&amp;',
    "cdata": "]]> <![CDATA[x]]>",
    "formula": "=1+1",
    "formula +": "+1",
    "formula -": "-1",
    "formula @": "@SUM(A1)",
    "formula after spaces": " \t\"'=cmd|' /C calc'!A0",
    "formula full width": "\uff1d1\uff0b1",
    "formula after a mark": "\ufeff=1",
    "guarded already": "'=1",
    "tab first": "\t=1",
    "return first": "\r=1",
    "newline first": "\n=1",
    "guarded tab": "'\tx",
    "pipes": "a|b\\|c`|`d",
    "rich markup": "[bold]x[/bold] [link=file:///]y[/link] [/] :smile:",
    "markdown": "# h\n\n![i](http://x/y.png) [l](javascript:x) @team #1 www.x.example\n---\n> b",
    "table": "| a | b |\n| --- | --- |\n| c | d |",
    "backticks": "` `` ``` ```` `",
    "tildes": "~~~\nx\n~~~",
    "reference": "[x]: http://evil.example",
    "quotes": 'a"b""c,d;e\'f',
    "wide": "漢字かな交じり文と한국어와全角文字" * 8,
    "persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u06a9\u062a\u0627\u0628",
    "sinhala": "ශ්‍රී ලංකා",
    "arabic": "السلام عليكم",
    "arabic marks and joiners": "\u0645" + "\u064b\u200c" * 100,
    "jamo": "\u1112\u1161\u11ab" + "\u1161" * 300,
    "code": "def f():\n\treturn 1\n\n\n    x = '  '\n",
    "blank": " \n\t\n ",
    "empty": "",
    **{f"fence {number}": fence for number, fence in enumerate(FENCES)},
}

MEGABYTE = {
    "letters": "x" * 1_000_000,
    "words": "lorem ipsum " * 83_334,
    "escapes": "\x1b[0m" * 250_000,
    "wide": "漢" * 1_000_000,
    "surrogates": "\ud800" * 300_000,
    "marks": "a" + "\u0301" * 1_000_000,
    "joiners": "👩\u200d" * 250_000,
    "backticks": "`" * 1_000_000,
    "lines": "\n" * 1_000_000,
}

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
TANGLED_TEXT = st.text(
    "a1 \n\u0301\u200c\u200d\ufe0f\ufe01\U000e0100\u25cc\u061c\u0645\u064b\u0610\u0915\u094d\u093f"
    "\u1100\u1161\u845b\u2764\U0001f469\U0001f3fd\U0001f1eb\ud83d\udc69",
    max_size=60,
)
HOSTILE_TEXT = st.one_of(
    ANY_TEXT,
    TANGLED_TEXT,
    st.sampled_from(list(NASTY.values())),
    st.lists(st.one_of(ANY_TEXT, st.sampled_from(list(NASTY.values()))), max_size=5).map("".join),
)


def a_result(response: str = "Paris.", **changes: Any) -> ComparisonResult:
    """A plausible result; what is named in ``changes`` goes to its metrics or to itself."""
    measured: dict[str, Any] = {
        "latency": 0.8434,
        "first_token_s": 0.1212,
        "queued_s": 0.0005,
        "prompt_tokens": 24,
        "completion_tokens": 92,
        "cost": Decimal("0.00012300"),
    }
    said: dict[str, Any] = {
        "model_id": "openai/gpt-4o",
        "finish_reason": "stop",
        "prompt": "What is the capital of France?",
    }
    for name, value in changes.items():
        (measured if name in ComparisonMetrics.__slots__ else said)[name] = value
    provider, _, model = said["model_id"].partition("/")
    return ComparisonResult(
        provider=provider,
        model=model,
        response=response,
        metrics=ComparisonMetrics(**measured),
        **said,
    )


UNSENT: dict[str, Any] = {
    "latency": None,
    "first_token_s": None,
    "queued_s": None,
    "prompt_tokens": None,
    "completion_tokens": None,
    "cost": None,
    "finish_reason": None,
}


def summaries(*results: ComparisonResult) -> list[ModelSummary]:
    """What the results come to, a summary a model."""
    builders: dict[str, SummaryBuilder] = {}
    for result in results:
        builders.setdefault(result.model_id, SummaryBuilder(result.model_id)).add(result)
    return [builder.build() for builder in builders.values()]


_OPTIONAL_TEXT = st.none() | HOSTILE_TEXT
_SECONDS = st.none() | st.floats(min_value=0, max_value=1e6)
_TOKENS = st.none() | st.integers(min_value=0, max_value=10**9)


_YEAR_1000 = datetime(1000, 1, 1)  # noqa: DTZ001 (hypothesis adds the zone)


@st.composite
def results(draw: st.DrawFn) -> ComparisonResult:
    """Any result, hostile in every text it has."""
    return ComparisonResult(
        model_id=draw(HOSTILE_TEXT),
        provider=draw(HOSTILE_TEXT),
        model=draw(HOSTILE_TEXT),
        response=draw(HOSTILE_TEXT),
        metrics=ComparisonMetrics(
            latency=draw(_SECONDS),
            first_token_s=draw(_SECONDS),
            queued_s=draw(_SECONDS),
            retries=draw(st.integers(min_value=0, max_value=10**9)),
            prompt_tokens=draw(_TOKENS),
            completion_tokens=draw(_TOKENS),
            cached_tokens=draw(_TOKENS),
            reasoning_tokens=draw(_TOKENS),
            cost=draw(st.none() | st.decimals(0, 10**6, places=12)),
            cost_note=draw(_OPTIONAL_TEXT),
        ),
        error=draw(_OPTIONAL_TEXT),
        error_kind=draw(_OPTIONAL_TEXT),
        reasoning=draw(HOSTILE_TEXT),
        finish_reason=draw(_OPTIONAL_TEXT),
        prompt=draw(HOSTILE_TEXT),
        prompt_index=draw(st.integers(0, 3)),
        prompt_id=draw(_OPTIONAL_TEXT),
        repeat=draw(st.integers(0, 2)),
        cached=draw(st.booleans()),
        cached_at=draw(st.none() | st.datetimes(_YEAR_1000, timezones=st.just(UTC))),
    )
