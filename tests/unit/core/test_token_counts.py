"""Lengths, fixed and drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.token_counts import MOST_TOKENS, TokenCounts
from tests.support.refusal import refusal


def drawn(text: str, count: int = 50_000) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    counts = TokenCounts.parse(text)
    return np.array([counts.at(index, seed=3, purpose="input") for index in range(count)])


def test_a_fixed_length_is_always_the_same() -> None:
    assert set(drawn("512", 100).tolist()) == {512}


def test_uniform_lengths() -> None:
    counts = drawn("uniform(100,200)")
    assert (counts.min(), counts.max()) == (100, 200)
    assert counts.mean() == pytest.approx(150, rel=0.01)
    assert counts.std() == pytest.approx(math.sqrt((101**2 - 1) / 12), rel=0.02)


@pytest.mark.parametrize("law", ["normal", "lognormal"])
def test_mean_and_deviation_are_those_of_the_lengths(law: str) -> None:
    counts = drawn(f"{law}(400, 80)")
    assert counts.mean() == pytest.approx(400, rel=0.01)
    assert counts.std() == pytest.approx(80, rel=0.02)


def test_a_lognormal_is_skewed_and_a_normal_is_not() -> None:
    assert np.median(drawn("normal(400,200)")) == pytest.approx(400, rel=0.02)
    expected = 400 / math.sqrt(1 + 0.5**2)
    assert np.median(drawn("lognormal(400,200)")) == pytest.approx(expected, rel=0.02)


@given(
    st.sampled_from(["normal", "lognormal"]),
    st.floats(1, 1e6),
    st.floats(0, 1e6),
    st.integers(0, 2**50),
)
def test_no_length_is_out_of_range(law: str, mean: float, deviation: float, index: int) -> None:
    counts = TokenCounts.parse(f"{law}({mean!r},{deviation!r})")
    assert 1 <= counts.at(index, seed=0, purpose="output") <= MOST_TOKENS
    assert TokenCounts.parse(str(TokenCounts.parse(str(counts)))) == TokenCounts.parse(str(counts))


def test_input_and_output_are_drawn_apart() -> None:
    counts = TokenCounts.parse("uniform(1,1000000)")
    lengths = [
        counts.at(7, seed=seed, purpose=purpose) for seed in (0, 1) for purpose in ("in", "out")
    ]
    assert len(set(lengths)) == 4


def test_nonsense_is_refused() -> None:
    for text, says in (
        ("uniform(200,100)", "the most tokens of a uniform law must be from 200"),
        ("uniform(1.5,100)", "not in whole tokens"),
        ("uniform(1,inf)", "not in whole tokens"),
        ("normal(0,1)", "a number of tokens must be from 1"),
        ("normal(10,-1)", "a deviation in tokens must be from 0"),
        ("normal(nan,1)", "a number of tokens must be"),
        ("fixed(1,2)", "a fixed number of tokens is one number"),
        ("99999999999", "a number of tokens must be from 1 to 1e+07"),
    ):
        assert says in refusal(lambda text=text: TokenCounts.parse(text))  # type: ignore[misc]
    assert "whole tokens" in refusal(lambda: TokenCounts(first=1.5))
    assert "is no law" in refusal(lambda: TokenCounts(law="x", first=1))  # type: ignore[arg-type]
