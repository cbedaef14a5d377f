"""The belief about the edge: it forgives wrong answers and says how sure it is."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.edge_belief import Answer, EdgeBelief, answer_of

ANSWERS = st.lists(
    st.builds(
        Answer,
        value=st.floats(0.5, 200),
        holds=st.booleans(),
        reliability=st.floats(0.55, 0.97),
    ),
    max_size=20,
)


@given(ANSWERS)
def test_it_is_a_distribution_whatever_is_answered(answers: list[Answer]) -> None:
    belief = EdgeBelief.between(1, 100)
    for answer in answers:
        belief = belief.updated(answer)
    assert sum(belief.weights) == pytest.approx(1)
    interval = belief.interval(0.9)
    assert 1 <= interval.low <= belief.median() <= interval.high <= 100


@given(ANSWERS)
def test_the_order_of_answers_does_not_matter(answers: list[Answer]) -> None:
    one = two = EdgeBelief.between(1, 100)
    for answer in answers:
        one = one.updated(answer)
    for answer in reversed(answers):
        two = two.updated(answer)
    assert one.weights == pytest.approx(two.weights, abs=1e-9)


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Answers that are wrong as often as their reliability says, over many searches."""
    random = Random(1)  # noqa: S311 (a simulation)
    searches, covered = 200, 0
    for _ in range(searches):
        belief = EdgeBelief.between(1, 16)
        edge = 16 ** random.random()
        while belief.interval(0.9).width > 0.2 * belief.median():
            value = belief.median()
            right = random.random() < 0.8
            belief = belief.updated(
                Answer(value=value, holds=(value <= edge) is right, reliability=0.8)
            )
        covered += edge in belief.interval(0.9)
    assert covered / searches > 0.8  # less than 0.9: it stops when the belief happens to be narrow


@pytest.mark.parametrize(
    ("good", "requests", "holds", "reliability"),
    [
        (1000, 1000, True, 0.94),
        (0, 1000, False, 0.97),
        (990, 1000, True, 0.55),
        (0, 0, False, 0.97),
    ],
)
def test_an_answer_is_worth_what_its_share_shows(
    good: int, requests: int, holds: bool, reliability: float
) -> None:
    answer = answer_of(1.0, good=good, requests=requests, share=0.99)
    assert answer.holds is holds
    assert answer.reliability == pytest.approx(reliability, abs=0.01)
