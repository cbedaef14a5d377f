from __future__ import annotations

import pytest

from modelforge.core.errors import MissingKey
from modelforge.providers.credentials import read_key, set_variable


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
