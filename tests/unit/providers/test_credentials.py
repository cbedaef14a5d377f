from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import MissingKey
from modelforge.providers.credentials import Redactor, header_secrets, read_key, set_variable

KEY = "sk-0123456789abcdef"


def test_a_key_is_read_and_trimmed() -> None:
    assert read_key("openai", ("K",), {"K": f" {KEY}\n"}) == KEY
    assert read_key("ollama", (), {}) is None


@pytest.mark.parametrize("value", [None, "", "  ", "two words", "line\nbreak", "ключ", "a\x00b"])
def test_what_cannot_be_a_key_is_refused_by_the_variables_name(value: str | None) -> None:
    environ = {} if value is None else {"OPENAI_API_KEY": value}
    with pytest.raises(MissingKey, match="OPENAI_API_KEY") as refused:
        read_key("openai", ("OPENAI_API_KEY",), environ)
    if value and value.strip():
        assert value not in str(refused.value)


def test_only_headers_named_like_a_credential_are_secret() -> None:
    headers = {"X-Team": "search", "Authorization": f"Bearer {KEY}", "X-Api-Key": "abcdefgh-1"}
    assert set(header_secrets(headers)) == {f"Bearer {KEY}", KEY, "abcdefgh-1"}


def test_answers_keep_words_that_are_no_secrets() -> None:
    redact = Redactor(["test", "EMPTY", None, ""])
    assert redact("a test of an EMPTY key") == "a test of an EMPTY key"


def test_a_key_that_was_cut_off_is_removed_too() -> None:
    assert Redactor([KEY])(f"wrong key: {KEY[:-1]}") == "wrong key: [redacted]"


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_no_form_of_a_key_gets_through(key: str, before: str, after: str) -> None:
    redact = Redactor([key])
    for form in (key, repr(key), json.dumps(key)):
        assert key not in redact(before + form + after)


def test_the_first_variable_that_is_set_is_used() -> None:
    environ = {"FIRST": " ", "SECOND": "two", "THIRD": "three"}
    assert set_variable(("FIRST", "SECOND", "THIRD"), environ) == "SECOND"
    assert read_key("acme", ("FIRST", "SECOND", "THIRD"), environ) == "two"
    assert read_key("acme", ("FIRST",), environ, stored="kept") == "kept"
    assert read_key("acme", (), environ) is None


def test_a_missing_key_names_every_variable() -> None:
    with pytest.raises(MissingKey, match="needs an API key and ONE is not set: export ONE="):
        read_key("acme", ("ONE",), {})
    with pytest.raises(MissingKey, match="none of ONE, TWO is set: export ONE="):
        read_key("acme", ("ONE", "TWO"), {})


@pytest.mark.parametrize("environ", [{"ONE": "sk-secret line"}, {}])
def test_what_cannot_be_a_key_is_not_shown(environ: dict[str, str]) -> None:
    with pytest.raises(MissingKey, match="cannot be a key") as refused:
        read_key("acme", ("ONE",), environ, stored="sk-secret\nline")
    assert "secret" not in str(refused.value)
