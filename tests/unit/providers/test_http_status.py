from __future__ import annotations

import pytest

from modelforge.core.errors import RateLimited
from modelforge.providers.http_status import status_error


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7.0),
        ("", None),
        ("soon", None),
        ("9" * 400, None),
        ("Mon, 01 Jan 2024 00:00:00 GMT", 0.0),
        ("Mon, 99 Jan 2026 00:00:00 GMT", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +9999999999999", None),
    ],
)
def test_what_a_server_asks_to_wait(value: str, wait_s: float | None) -> None:
    error = status_error(429, {"Retry-After": value}, None, url="http://a")
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == wait_s
    assert "inf" not in str(error)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after-ms": "250", "Retry-After": "1"}, 0.25),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "1"}, 1.0),
        ({"retry-after-ms": "-5"}, None),
    ],
)
def test_milliseconds_are_the_more_exact_word(
    headers: dict[str, str], wait_s: float | None
) -> None:
    assert status_error(429, headers, None, url="http://a").retry_after_s == wait_s


@pytest.mark.parametrize(
    ("status", "told", "retryable"),
    [(500, "false", False), (429, "FALSE", False), (400, "true", True), (501, "true", True),
     (500, "perhaps", True), (400, "", False)],
)  # fmt: skip
def test_a_server_that_says_whether_to_ask_again(status: int, told: str, retryable: bool) -> None:
    error = status_error(status, {"x-should-retry": told}, None, url="http://a")
    assert error.retryable is retryable


def test_an_account_without_quota_is_not_asked_again() -> None:
    error = status_error(429, {"x-should-retry": "true"}, "too much", url="http://a", spent=True)
    assert isinstance(error, RateLimited)
    assert not error.retryable
    assert "billing" in str(error)
