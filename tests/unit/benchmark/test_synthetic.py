"""Made-up prompts: their exact lengths, their differences and what they share."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.synthetic import Synthetic
from modelforge.benchmark.vocabulary import WORDS
from modelforge.benchmark.workload import Workload
from modelforge.core.token_counts import TokenCounts
from tests.support.refusal import refusal

INDICES = st.integers(0, 2**50)


def fixed(tokens: int, **options: float) -> Synthetic:
    return Synthetic(input_tokens=TokenCounts(first=tokens), **options)  # type: ignore[arg-type]


def test_the_vocabulary_is_plain_words() -> None:
    assert len(WORDS) == len(set(WORDS)) == 1024
    assert all(word.isascii() and word.isalpha() and word.islower() for word in WORDS)


@given(st.integers(1, 40_000), INDICES, st.floats(0, 1), st.integers(0, 9))
def test_a_prompt_has_exactly_its_tokens(tokens: int, index: int, shared: float, seed: int) -> None:
    asked = fixed(tokens, shared_prefix=shared, seed=seed).ask(index)
    text = asked.prompt.text
    assert asked.input_tokens == tokens
    assert len(text.split(" ")) == tokens
    assert set(text.split(" ")) <= set(WORDS)
    assert [message.role for message in asked.prompt.messages] == ["user"]
    assert not asked.more


@given(st.integers(6, 600), INDICES, INDICES)
def test_different_requests_differ_from_the_first_words_on(
    tokens: int, one: int, other: int
) -> None:
    work = fixed(tokens)
    beginnings = [work.ask(index).prompt.text.split(" ")[:6] for index in (one, other)]
    assert (beginnings[0] == beginnings[1]) == (one == other)


def test_a_million_requests_would_be_different() -> None:
    work = fixed(16)
    assert len({work.ask(index).prompt.text for index in range(0, 1_000_000, 50)}) == 20_000
    assert len({fixed(1).ask(index).prompt.text for index in range(1024)}) == 1024
    assert len({fixed(2).ask(index).prompt.text for index in range(0, 2**20, 999)}) == 1050


@given(st.integers(20, 300), st.floats(0.05, 1), INDICES, INDICES)
def test_the_shared_prefix_is_shared_and_nothing_after_it(
    tokens: int, fraction: float, one: int, other: int
) -> None:
    work = fixed(tokens, shared_prefix=fraction)
    words = [work.ask(index).prompt.text.split(" ") for index in (one, other)]
    shared = round(fraction * tokens)
    assert words[0][:shared] == words[1][:shared]
    if one != other and tokens - shared >= 6:
        assert words[0][shared : shared + 6] != words[1][shared : shared + 6]


def test_prompts_of_different_lengths_share_one_beginning() -> None:
    short, long = (fixed(tokens, shared_prefix=0.5).ask(3).prompt.text for tokens in (40, 200))
    assert short.split(" ")[:20] == long.split(" ")[:20]


def test_the_seed_changes_every_text() -> None:
    assert fixed(6).ask(1).prompt != fixed(6, seed=1).ask(1).prompt
    assert (
        fixed(64, shared_prefix=1).ask(1).prompt != fixed(64, shared_prefix=1, seed=1).ask(1).prompt
    )


def test_drawn_requests_are_the_same_in_another_process_and_order() -> None:
    work = Synthetic.parse("uniform(100,200):lognormal(128,64)", shared_prefix=0.1, seed=5)
    copy = pickle.loads(pickle.dumps(work))  # noqa: S301 (its own)
    forward = [work.ask(index) for index in range(3000)]
    assert forward == [copy.ask(index) for index in reversed(range(3000))][::-1]


def test_answers_are_asked_for_by_their_length() -> None:
    asked = Synthetic.parse("512:128").ask(0)
    assert (asked.input_tokens, asked.max_tokens, asked.ignore_eos) == (512, 128, True)
    open_end = Synthetic.parse("512").ask(0)
    assert (open_end.max_tokens, open_end.ignore_eos) == (None, False)
    work: Workload = Synthetic.parse("512")
    assert work.follow_up(0, asked, "answer") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "'' is no number of tokens: write 512"),
        ("1:2:3", "'1:2:3' is not IN:OUT, such as 512:128"),
        ("512:", "'' is no number of tokens"),
        ("0:1", "a number of tokens must be from 1 to 1e+07, not 0"),
        ("uniform(1)", "'uniform(1)' is no number"),
        ("cauchy(1,2)", "'cauchy' is no law of token counts"),
        ("normal(a,b)", "'normal(a,b)' is no number"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, says: str) -> None:
    assert refusal(lambda: Synthetic.parse(text)).startswith(says)


def test_nonsense_is_refused() -> None:
    assert "shared prefix" in refusal(lambda: fixed(8, shared_prefix=1.5))
    assert "seed" in refusal(lambda: fixed(8, seed=-1))
