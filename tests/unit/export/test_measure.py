"""Numbers with the digits that mean something."""

from __future__ import annotations

from decimal import Decimal

import pytest

from modelforge.export.measure import count, dollars, duration, speed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 ms"),
        (0.00085, "0.8 ms"),
        (0.0085, "8.5 ms"),
        (0.00994, "9.9 ms"),
        (0.00996, "10 ms"),
        (0.085, "85 ms"),
        (0.0994, "99 ms"),
        (0.0996, "0.10 s"),
        (0.843, "0.84 s"),
        (9.994, "9.99 s"),
        (9.996, "10.0 s"),
        (12.34, "12.3 s"),
        (99.96, "100 s"),
        (1204.4, "1,204 s"),
    ],
)
def test_a_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.844, "0.84"), (12.34, "12.3"), (109.08, "109"), (1204, "1,204")],
)
def test_a_speed(value: float, text: str) -> None:
    assert speed(value) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        ("0", "$0"),
        ("0.00", "$0"),
        ("0.000123", "$0.000123"),
        ("0.000123456", "$0.000123"),
        ("0.00001", "$0.00001"),
        ("1E-12", "$0.000000000001"),
        ("0.0871", "$0.0871"),
        ("0.5", "$0.5"),
        ("0.9994", "$0.999"),
        ("0.9995", "$1.00"),
        ("12.345", "$12.34"),
        ("1204", "$1,204.00"),
    ],
)
def test_a_price(usd: str, text: str) -> None:
    assert dollars(Decimal(usd)) == text


def test_a_count() -> None:
    assert count(1204) == "1,204"
