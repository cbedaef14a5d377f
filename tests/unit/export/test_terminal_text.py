"""What is printed can neither act nor hide."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given

from modelforge.export.terminal_text import (
    MARKS_KEPT,
    show_controls,
    terminal_line,
    terminal_text,
    well_formed,
)
from tests.unit.export.corpus import HOSTILE_TEXT, MEGABYTE, NASTY

_LAWFUL = {"\t", "\n", "\u200c", "\u200d", *"\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f"}
_LAWFUL |= {*"\u0890\u0891\u08e2"}


def assert_harmless(text: str) -> None:
    for character in text:
        category = unicodedata.category(character)
        assert character in _LAWFUL or category not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}, (
            f"{character!a} in {text!a}"
        )


@given(HOSTILE_TEXT)
def test_any_text_is_harmless_and_clean_for_good(text: str) -> None:
    clean = terminal_text(text)
    assert_harmless(clean)
    clean.encode()
    assert terminal_text(clean) == clean


@given(HOSTILE_TEXT)
def test_any_text_prints_in_ascii(text: str) -> None:
    assert terminal_text(text, encoding="ascii").isascii()


@given(HOSTILE_TEXT)
def test_a_line_is_one_line(text: str) -> None:
    line = terminal_line(text)
    assert "\n" not in line
    assert "\t" not in line
    assert_harmless(line)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "␛[31m"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\x9b31m", "\\x9b31m"),
        ("a\tb\n", "a\tb\n"),
        ("50%\r100%\r\n", "50%␍100%\n"),
        ("\u202egnp", "\\u202egnp"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u00adb", "a\\xadb"),
        ("a\u2028b", "a\\u2028b"),
        ("\ud800", "\\ud800"),
        ("\ud83d\ude00", "😀"),
        ("\ue000", "\\ue000"),
        ("\ufffe\U0001ffff", "\\ufffe\\U0001ffff"),
        ("\U000e0041", "\\U000e0041"),
        ("\u3164", "\\u3164"),
        ("a\ufe01", "a\\ufe01"),
        ("a\u200db", "a\\u200db"),
        ("م\u200c\u061cم", "م\\u200c\\u061cم"),
        ("\u0301x", "◌\u0301x"),
    ],
)
def test_what_acts_or_hides_is_shown(text: str, shown: str) -> None:
    assert terminal_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Ordinary text, äöü, naïve, Ω ≈ 3.14 → ½ €",
        "漢字かな 한국어 العربية עברית ไทย",
        "👩‍👩‍👧‍👦 👩🏽‍🚀 👩🏻‍❤️‍💋‍👨🏻 ❤️ ⚠️ 1️⃣ 🇫🇷",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "ශ්‍රී ලංකා क्‍ष",
        "葛\U000e0100飾区",
        "Việt Nam e\u0302\u0301",
        "မြွှို့",
        "\u1112\u1161\u11ab",
    ],
)
def test_lawful_text_is_left_alone(text: str) -> None:
    assert terminal_text(text) == text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_an_encoding_cannot_carry_is_escaped(encoding: str) -> None:
    assert terminal_text("\x1b[m\x7f é → ␛\n", encoding=encoding) in {
        "\\x1b[m\\x7f é \\u2192 \\u241b\n",
        "\\x1b[m\\x7f \\xe9 \\u2192 \\u241b\n",
    }


def test_marks_are_bounded_and_counted() -> None:
    assert terminal_text("Z" + "\u0335" * 44 + "a") == "Z" + "\u0335" * MARKS_KEPT + "[+38 marks]a"


def test_a_chain_of_joiners_is_bounded() -> None:
    shown = terminal_text("👩\u200d" * 100)
    assert "\u200d".join("👩" * 6) not in shown
    assert "\\u200d" in shown


@pytest.mark.parametrize("name", sorted(MEGABYTE))
def test_a_megabyte_is_harmless(name: str) -> None:
    clean = terminal_text(MEGABYTE[name])
    assert not set(clean) & {"\x1b", "\ud800"}
    clean.encode()


def test_well_formed_joins_pairs_and_replaces_the_rest() -> None:
    assert well_formed("a\ud83d\ude00\ud800b\udc00") == "a😀\ufffdb\ufffd"


@pytest.mark.parametrize("name", sorted(NASTY))
def test_controls_are_shown_and_nothing_else_changed(name: str) -> None:
    text = NASTY[name]
    shown = show_controls(text)
    assert show_controls(shown) == shown
    assert not any(unicodedata.category(c) == "Cc" and c not in "\t\n\r" for c in shown)
    if not any(unicodedata.category(c) == "Cc" and c not in "\t\n" for c in text):
        assert shown == text
