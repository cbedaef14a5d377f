from __future__ import annotations

from modelforge.core import errors


def _all(kind: type[errors.ModelForgeError]) -> list[type[errors.ModelForgeError]]:
    return [kind, *(below for direct in kind.__subclasses__() for below in _all(direct))]


def test_every_error_has_a_stable_name_of_its_own() -> None:
    kinds = [error.kind for error in _all(errors.ModelForgeError)]
    assert len(kinds) == len(set(kinds))
    assert errors.TimedOut.kind == "timed_out"
    assert errors.MissingKey.kind == "missing_key"


def test_what_the_user_must_change_exits_with_2_and_what_a_server_did_with_1() -> None:
    assert {error.exit_code for error in _all(errors.UsageError)} == {2}
    failed = set(_all(errors.RequestError)) - {errors.Interrupted}
    assert {error.exit_code for error in failed} == {1}
    assert errors.Interrupted.exit_code == 130


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert errors.__doc__ is not None
    for error in _all(errors.ModelForgeError):
        assert error.__name__ in errors.__doc__
