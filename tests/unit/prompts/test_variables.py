"""``name=value``."""

from __future__ import annotations

import pytest

from modelforge.core.errors import PromptError
from modelforge.prompts.variables import parse_variables


def test_the_first_equals_sign_divides() -> None:
    assert parse_variables(["a=b=c", "_b2=", "é= x "]) == {"a": "b=c", "_b2": "", "é": " x "}
    assert parse_variables([]) == {}


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ("a", "--var 'a': write it as name=value"),
        ("=b", "--var '=b': '' cannot be a variable's name: use letters, digits and '_'"),
        ("two words=b", "--var 'two words=b': 'two words' cannot be a variable's name"),
        ("\x1b=b", r"--var '\x1b=b': '\x1b' cannot be a variable's name"),
    ],
)
def test_what_is_no_assignment_is_refused(assignment: str, reason: str) -> None:
    with pytest.raises(PromptError) as caught:
        parse_variables([assignment])
    assert str(caught.value).startswith(reason)


def test_a_second_value_is_refused() -> None:
    with pytest.raises(PromptError, match=r"^--var 'a=c': 'a' has a value already$"):
        parse_variables(["a=b", "a=c"])
