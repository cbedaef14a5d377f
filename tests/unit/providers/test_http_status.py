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
