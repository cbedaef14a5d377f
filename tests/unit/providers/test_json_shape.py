from __future__ import annotations

import pytest

from modelforge.providers.json_shape import out_of_quota_body


@pytest.mark.parametrize(
    ("body", "spent"),
    [
        (b'{"error": {"message": "x", "type": "insufficient_quota", "code": null}}', True),
        (b'{"error": {"code": "insufficient_quota"}}', True),
        (b'[{"error": {"type": "exceeded_current_quota_error"}}]', True),
        (b'{"error": {"code": "rate_limit_exceeded", "type": "requests"}}', False),
        (b'{"error": {"code": 429, "type": ["insufficient_quota"]}}', False),
        (b'{"error": "insufficient_quota"}', False),
        (b'"insufficient_quota"', False),
        (b"<html>", False),
        (b"[" * 100_000, False),
    ],
)
def test_what_says_that_nothing_is_left_to_spend(body: bytes, spent: bool) -> None:
    assert out_of_quota_body(body) is spent
