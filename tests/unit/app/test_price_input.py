from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from modelforge.app.price_input import LONGEST, read_moment, read_rates, read_usage
from modelforge.core.errors import UsageError


def test_a_usage_and_what_is_left_out_of_it() -> None:
    usage = read_usage('{"input_total": 10, "cache_read": 4, "output_total": 3, "reasoning": 1}')
    assert (usage.part("input"), usage.part("output"), usage.cache_write_1h) == (6, 2, 0)
    assert read_usage('{"output_total": 3}').input_total == 0


def test_json_knows_no_whole_numbers_apart_from_others() -> None:
    usage = read_usage('{"input_total": 1e3, "cache_read": 400.0, "output_total": -0.0}')
    assert (usage.input_total, usage.cache_read, usage.output_total) == (1000, 400, 0)
    assert isinstance(usage.input_total, int)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"input_total": -1}', "input_total is '-1': tokens cannot be fewer than 0"),
        ('{"input_total": 1.5}', "input_total is '1.5': tokens are whole"),
        ('{"input_total": 1e-9}', "tokens are whole"),
        ('{"input_total": 1e-999999}', "tokens are whole"),
        ('{"input_total": 1e999999}', "check the unit"),
        ('{"input_total": "10"}', "tokens are a whole number"),
        ('{"input_total": true}', "tokens are a whole number"),
        ('{"input_total": null}', "tokens are a whole number"),
        ('{"input_total": NaN}', "NaN is not a number"),
        ('{"input_total": -Infinity}', "-Infinity is not a number"),
        ('{"input_total": 1' + "0" * 16 + "}", "check the unit"),
        ('{"input_total": ' + "9" * 5000 + "}", "not JSON"),
        ('{"input_total": 5, "cache_read": 6}', "cache_read 6 is more than input_total 5"),
        ('{"output_total": 5, "reasoning": 6}', "reasoning 6 is more than output_total 5"),
        ('{"input_total": 5, "cache_reads": 1}', "did you mean cache_read?"),
        ('{"input_total": 5, "zzz": 1}', "use input_total, output_total, cache_read"),
        ('{"input_total": 5, "input_total": 6}', "name 'input_total' twice"),
        ("{}", "the usage has no total"),
        ('{"reasoning": 1}', "the usage has no total"),
        ("[1]", "not a JSON object"),
        ("5", "not a JSON object"),
        ("{'input_total': 5}", "not JSON at character 2"),
        ("", "not JSON at character 1"),
        ("input_total=5", """; write '{"input_total": 10000, "output_total": 1000}'"""),
        ("[" * 60_000, "not JSON"),
        ("x" * (LONGEST + 1), "65,537 characters long"),
        ('{"input_total": 5}' + " " * 10_000_000, "10,000,018 characters long"),
    ],
)
def test_a_usage_that_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_usage(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_rates_as_text_and_as_numbers() -> None:
    rates = read_rates('{"input": "2.5", "output": 10, "cache_read": 0.1, "currency": "USD"}')
    assert (rates.input, rates.output, rates.cache_read) == (
        Decimal("2.5"),
        Decimal(10),
        Decimal("0.1"),
    )
    assert rates.reasoning is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"input": "2.5", "currency": "EUR"}', "the rates are in 'EUR'"),
        ('{"input": "2.5 EUR"}', "the rate input is '2.5 EUR'"),
        ('{"input": "$2.5"}', "give US dollars per million tokens"),
        ('{"input": -1}', "not from 0 to 1,000,000"),
        ('{"input": "NaN"}', "not from 0"),
        ('{"input": "Infinity"}', "not from 0"),
        ('{"input": 1e999999999}', "not from 0"),
        ('{"input": "1e-999999"}', "too many digits"),
        ('{"input": null}', "the rate input"),
        ('{"cache_write": 1}', "did you mean cache_write_"),
        ("{}", "name no price"),
    ],
)
def test_rates_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_rates(text)
    assert words in str(caught.value)


def test_moments() -> None:
    assert read_moment("2025-09-05") == datetime(2025, 9, 5, tzinfo=UTC)
    assert read_moment("2025-09-05T16:00") == datetime(2025, 9, 5, 16, tzinfo=UTC)
    assert read_moment("2025-09-06T00:00+08:00") == datetime(2025, 9, 5, 16, tzinfo=UTC)
    for text in ("yesterday", "", "2025-13-01", "0001-01-01T00:00+14:00"):
        with pytest.raises(UsageError, match="is not a time"):
            read_moment(text)
