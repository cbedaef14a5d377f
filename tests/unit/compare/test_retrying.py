"""Retries, their waits and their measurements, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.compare.contestant import Contestant
from modelforge.compare.engine import run_comparison
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.result import ComparisonResult
from modelforge.core.errors import (
    ConnectionFailed,
    RateLimited,
    RequestError,
    RequestRefused,
    ServerFailed,
    StreamCut,
    UsageError,
)
from modelforge.core.events import Arrival
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from tests.unit.compare.fakes import ScriptedModel, cases, contestant
from tests.unit.compare.virtual_time import run_virtually

Clock = Callable[[], float]


@dataclass
class FailingModel(ScriptedModel):
    """Fails each prompt with ``failures`` in turn, half a second after it is sent; then answers."""

    failures: tuple[RequestError, ...] = ()
    sent_s: list[float] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)

    async def stream(
        self, prompt: Prompt, generation: Generation, *, repeat: int = 0
    ) -> AsyncGenerator[Arrival]:
        self.sent_s.append(self.clock())
        count = self.sent.get(prompt.text, 0)
        self.sent[prompt.text] = count + 1
        if count < len(self.failures):
            await asyncio.sleep(0.5)
            raise self.failures[count]
        async for arrival in super().stream(prompt, generation, repeat=repeat):
            yield arrival


class Run:
    """One model in virtual time; every draw is ``draw``."""

    def __init__(
        self,
        failures: tuple[RequestError, ...] = (),
        *,
        plan: ComparisonPlan | None = None,
        count: int = 1,
        draw: float = 0.5,
        limit: int = 100,
        pieces: tuple[tuple[float, str], ...] = ((1.0, "yes"),),
        error: RequestError | None = None,
    ) -> None:
        self.results: list[ComparisonResult] = []

        async def main(clock: Clock) -> float:
            start_s = clock()
            self.model = FailingModel("a", clock, failures=failures, pieces=pieces, error=error)
            asked: list[Contestant] = [contestant(self.model, max_concurrency=limit)]
            await run_comparison(
                asked,
                cases(count),
                plan or ComparisonPlan(),
                deliver=self.results.append,
                clock=clock,
                draw=lambda: draw,
            )
            self.sent_s = [moment - start_s for moment in self.model.sent_s]
            return clock() - start_s

        self.took_s = run_virtually(main)

    @property
    def result(self) -> ComparisonResult:
        (result,) = self.results
        return result


@pytest.mark.parametrize(
    "error",
    [RateLimited("429"), ServerFailed("500"), ConnectionFailed("gone"),
     RequestRefused("409", retryable=True)],
)  # fmt: skip
def test_what_may_pass_is_asked_again_and_measured_from_there(error: RequestError) -> None:
    run = Run((error,))
    assert run.sent_s == pytest.approx([0, 0.75])  # half of 0.5 s after it failed
    metrics = run.result.metrics
    assert (run.result.error, metrics.retries) == (None, 1)
    assert metrics.latency == pytest.approx(1)
    assert metrics.first_token_s == pytest.approx(1)
    assert metrics.queued_s == pytest.approx(0.75)


def test_the_waits_grow_and_end() -> None:
    run = Run((ServerFailed("500"),) * 9, plan=ComparisonPlan(max_retries=3), draw=1.0)
    assert run.sent_s == pytest.approx([0, 1.0, 2.5, 5.0])
    assert run.result.error == "500 (after 3 retries)"
    assert run.result.metrics.retries == 3
    assert run.result.metrics.latency == pytest.approx(0.5)
    assert run.result.metrics.queued_s == pytest.approx(5.0)


@pytest.mark.parametrize(
    ("error", "plan"),
    [
        (RequestRefused("400"), ComparisonPlan()),
        (StreamCut("cut"), ComparisonPlan()),
        (ServerFailed("501", retryable=False), ComparisonPlan()),
        (ServerFailed("500"), ComparisonPlan(max_retries=0)),
    ],
)
def test_what_will_not_pass_is_asked_once(error: RequestError, plan: ComparisonPlan) -> None:
    run = Run((error,), plan=plan)
    assert len(run.sent_s) == 1
    assert run.result.error == str(error)
    assert run.result.metrics.retries == 0


def test_an_answer_that_had_begun_is_never_repeated() -> None:
    run = Run(pieces=((0.1, "half"),), error=ServerFailed("overloaded"))
    assert len(run.sent_s) == 1
    assert (run.result.response, run.result.error) == ("half", "overloaded")


def test_never_sooner_than_the_server_asked_and_nobody_else_either() -> None:
    run = Run((RateLimited("429", retry_after_s=7),), count=6, limit=2)
    first, second, *later = run.sent_s
    assert (first, second) == pytest.approx((0, 0))
    assert min(later) >= 7.5
    assert [result.error for result in run.results] == [None] * 6


def test_a_wait_beyond_the_timeout_fails_at_once() -> None:
    run = Run((RateLimited("429", retry_after_s=60),), plan=ComparisonPlan(timeout_s=30))
    assert run.took_s == pytest.approx(0.5)
    assert run.result.error_kind == "rate_limited"
    assert (
        run.result.error == "429 (a wait of 60 s would pass --timeout, so it was not asked again)"
    )


def test_a_provider_that_wants_a_day_of_peace_fails_the_rest_unsent() -> None:
    run = Run((RateLimited("429", retry_after_s=86400),), count=50, limit=2)
    assert run.took_s < 10
    assert len(run.results) == 50
    assert {result.error_kind for result in run.results} == {"rate_limited"}
    assert len(run.sent_s) == 2


def test_the_timeout_is_for_all_attempts_together() -> None:
    plan = ComparisonPlan(timeout_s=5)
    run = Run((ServerFailed("500"),), plan=plan, pieces=((1e6, "never"),))
    assert run.took_s == pytest.approx(5)
    assert (
        run.result.error == "no first token within 5 s; allow more with --timeout (after 1 retry)"
    )
    assert run.result.metrics.latency == pytest.approx(4.25)


def test_streams_that_keep_silent_end_at_their_own_limits() -> None:
    plan = ComparisonPlan(first_token_timeout_s=2, idle_timeout_s=3)
    mute = Run(plan=plan, pieces=((1e6, "never"),))
    assert mute.took_s == pytest.approx(2)
    assert "no first token within 2 s" in (mute.result.error or "")
    stuck = Run(plan=plan, pieces=((1.9, "half"), (2.9, " more"), (1e6, "never")))
    assert stuck.took_s == pytest.approx(7.8)
    assert (stuck.result.error_kind, stuck.result.response) == ("timed_out", "half more")
    assert "--idle-timeout" in (stuck.result.error or "")


def test_the_first_tokens_limit_begins_anew_with_each_request() -> None:
    plan = ComparisonPlan(first_token_timeout_s=1.2)
    assert Run((ServerFailed("500"),) * 2, plan=plan).result.error is None


def test_whole_answers_have_no_first_token_to_wait_for() -> None:
    plan = ComparisonPlan(first_token_timeout_s=0.1, generation=Generation(stream=False))
    assert Run(plan=plan).result.error is None


@pytest.mark.parametrize(
    "options", [{"max_retries": -1}, {"first_token_timeout_s": 0}, {"idle_timeout_s": -1}]
)
def test_limits_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        ComparisonPlan(**options)  # type: ignore[arg-type]


_FAILURES = st.lists(
    st.one_of(
        st.floats(0, 20).map(lambda wait: RateLimited("429", retry_after_s=wait)),
        st.just(ServerFailed("500")),
        st.just(ConnectionFailed("gone")),
        st.just(RequestRefused("400")),
    ),
    max_size=4,
).map(tuple)


@given(
    failures=_FAILURES,
    retries=st.integers(0, 4),
    count=st.integers(1, 6),
    limit=st.integers(1, 3),
    draw=st.floats(0, 1, exclude_max=True),
    timeout_s=st.floats(1, 60),
)
def test_whatever_fails_every_question_has_one_honest_result(
    failures: tuple[RequestError, ...],
    retries: int,
    *,
    count: int,
    limit: int,
    draw: float,
    timeout_s: float,
) -> None:
    plan = ComparisonPlan(max_retries=retries, timeout_s=timeout_s)
    run = Run(failures, plan=plan, count=count, limit=limit, draw=draw)
    assert sorted(result.prompt_index for result in run.results) == list(range(count))
    assert sum(run.model.sent.values()) == len(run.sent_s)
    for result in run.results:
        sent = run.model.sent.get(result.prompt, 0)
        assert result.metrics.retries == max(0, sent - 1)
        assert result.metrics.retries <= retries
        if result.error is None:
            assert sent == len(failures) + 1
            assert result.metrics.latency == pytest.approx(1)
        elif sent:
            assert result.metrics.latency is not None
            assert 0 <= result.metrics.latency <= timeout_s + 1e-6
