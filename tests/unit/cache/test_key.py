"""Two requests share a key exactly when they are the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.cache.key import RequestIdentity, request_key

IDENTITY = RequestIdentity(
    protocol="openai",
    endpoint="http://127.0.0.1:8000/v1",
    provider="target",
    model="ok",
    path="/chat/completions",
    body={"model": "ok", "temperature": 0.5, "messages": [{"role": "user", "content": "hi"}]},
    stream=True,
    headers={"X-Team": "search"},
)

_plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_finite = _plain.filter(lambda value: value not in {float("inf"), float("-inf")})
JSON = st.recursive(
    _finite,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
TABLES = st.dictionaries(st.text(), JSON, max_size=5)


def reordered(value: Any) -> Any:
    """The same JSON, every table's keys the other way round."""
    if isinstance(value, dict):
        return {name: reordered(value[name]) for name in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@st.composite
def identities(draw: st.DrawFn) -> RequestIdentity:
    words = st.text(max_size=6)
    return RequestIdentity(
        protocol=draw(words),
        endpoint=draw(words),
        provider=draw(words),
        model=draw(words),
        path=draw(words),
        body=draw(TABLES),
        stream=draw(st.booleans()),
        headers=draw(st.dictionaries(st.sampled_from(["x-a", "x-b"]), words)),
    )


def told_apart(value: Any) -> Any:
    """A comparable form in which 1, 1.0 and true are three values, as on the wire."""
    if isinstance(value, dict):
        return frozenset((name, told_apart(item)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(told_apart(item) for item in value)
    return repr(value)


def whole(identity: RequestIdentity, repeat: int) -> Any:
    return (
        identity.protocol, identity.endpoint, identity.provider, identity.model, identity.path,
        told_apart(dict(identity.body)), identity.stream, told_apart(dict(identity.headers)),
        repeat,
    )  # fmt: skip


@given(identities(), st.integers(0, 3))
def test_equal_requests_have_one_key_whatever_the_order(
    identity: RequestIdentity, repeat: int
) -> None:
    other = replace(
        identity, body=reordered(identity.body), headers=reordered(dict(identity.headers))
    )
    assert request_key(identity, repeat) == request_key(other, repeat)


@given(identities(), identities(), st.integers(0, 2), st.integers(0, 2))
def test_different_requests_have_different_keys(
    one: RequestIdentity, other: RequestIdentity, first: int, second: int
) -> None:
    same = whole(one, first) == whole(other, second)
    assert (request_key(one, first) == request_key(other, second)) == same


@given(st.sampled_from(["protocol", "endpoint", "provider", "model", "path"]), st.text(), st.text())
def test_no_part_stands_for_another(part: str, value: str, other: str) -> None:
    parts: dict[str, Any] = {part: value}
    changed = replace(IDENTITY, **parts)
    parts[part] = other
    again = replace(IDENTITY, **parts)
    assert (request_key(changed, 0) == request_key(again, 0)) == (value == other)


@given(st.text(min_size=1, max_size=5), JSON, JSON)
def test_every_setting_counts(name: str, value: Any, other: Any) -> None:
    one = replace(IDENTITY, body={**IDENTITY.body, name: value})
    two = replace(IDENTITY, body={**IDENTITY.body, name: other})
    same = told_apart(value) == told_apart(other)
    assert (request_key(one, 0) == request_key(two, 0)) == same


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_repetitions_are_told_apart(one: int, other: int) -> None:
    assert (request_key(IDENTITY, one) == request_key(IDENTITY, other)) == (one == other)


def test_the_case_of_a_headers_name_does_not_count() -> None:
    shouted = replace(IDENTITY, headers={"X-TEAM": "search"})
    assert request_key(shouted, 0) == request_key(IDENTITY, 0)


def test_what_cannot_be_sent_has_no_key() -> None:
    for body in ({"x": float("nan")}, {"x": object()}):
        with pytest.raises((TypeError, ValueError)):
            request_key(replace(IDENTITY, body=body), 0)


def test_tables_with_numbers_for_names_have_one() -> None:
    named: Any = {"logit_bias": {50256: -100, "1": 2}}
    written = {"logit_bias": {"1": 2, "50256": -100}}
    assert request_key(replace(IDENTITY, body=named), 0) == request_key(
        replace(IDENTITY, body=written), 0
    )
