from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.compare.answer import MAX_ANSWER_CHARS
from modelforge.compare.contestant import Contestant
from modelforge.compare.engine import run_comparison
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.result import ComparisonResult
from modelforge.core.errors import LocalServerFailed, RateLimited, UsageError
from modelforge.core.generation import Generation
from modelforge.core.prompt import Case
from modelforge.pricing.tariff import NoTariff
from tests.unit.compare.fakes import ScriptedModel, cases, contestant
from tests.unit.compare.virtual_time import run_virtually

Build = Callable[[Callable[[], float]], list[Contestant]]


class Run:
    """A comparison in virtual time, and what it delivered."""

    def __init__(
        self,
        build: Build,
        count: int = 1,
        plan: ComparisonPlan | None = None,
        stop_after_s: float | None = None,
    ) -> None:
        self.results: list[ComparisonResult] = []
        self.took_s = 0.0

        async def main(clock: Callable[[], float]) -> None:
            stop = asyncio.Event()
            if stop_after_s is not None:
                asyncio.get_running_loop().call_later(stop_after_s, stop.set)
            started_s = clock()
            await run_comparison(
                build(clock),
                cases(count),
                plan or ComparisonPlan(),
                deliver=self.results.append,
                clock=clock,
                stop=stop,
            )
            self.took_s = clock() - started_s

        run_virtually(main)

    def of(self, name: str) -> list[ComparisonResult]:
        return [result for result in self.results if result.model == name]


def test_one_answer_with_all_its_measurements() -> None:
    run = Run(
        lambda clock: [
            contestant(ScriptedModel("a", clock, pieces=((0.2, "Hel"), (0.3, "lo"), (0.1, "!"))))
        ]
    )
    (result,) = run.results
    assert result.model_id == "fake/a"
    assert result.response == "Hello!"
    assert result.error is None
    assert (result.prompt, result.prompt_id, result.finish_reason) == ("prompt 0", "id-0", "stop")
    metrics = result.metrics
    assert metrics.latency == pytest.approx(0.6)
    assert metrics.first_token_s == pytest.approx(0.2)
    assert metrics.queued_s == pytest.approx(0)
    assert (metrics.prompt_tokens, metrics.completion_tokens, metrics.tokens) == (10, 3, 13)
    assert metrics.tokens_per_second == pytest.approx(5)
    assert metrics.cost == Decimal("0.000016")
    assert metrics.cost_note is None


def test_eight_models_of_half_a_second_take_half_a_second() -> None:
    run = Run(
        lambda clock: [
            contestant(ScriptedModel(name, clock, pieces=((0.5, "yes"),))) for name in "abcdefgh"
        ]
    )
    assert len(run.results) == 8
    assert run.took_s == pytest.approx(0.5)


def test_every_model_is_asked_everything_as_often_as_wanted() -> None:
    run = Run(
        lambda clock: [contestant(ScriptedModel(name, clock)) for name in "ab"],
        count=5,
        plan=ComparisonPlan(repeats=3),
    )
    asked = sorted((r.model, r.prompt_index, r.repeat) for r in run.results)
    assert asked == sorted(itertools.product("ab", range(5), range(3)))


def test_the_limit_is_the_providers_over_all_its_models() -> None:
    models: list[ScriptedModel] = []

    def build(clock: Callable[[], float]) -> list[Contestant]:
        models.extend(ScriptedModel(name, clock, pieces=((1.0, "yes"),)) for name in "ab")
        models.append(ScriptedModel("c", clock, provider="other", pieces=((1.0, "yes"),)))
        return [contestant(model, max_concurrency=3) for model in models]

    run = Run(build, count=6)
    assert run.took_s == pytest.approx(4)  # twelve questions, three at a time
    assert models[0].most_in_flight + models[1].most_in_flight >= 3
    assert max(model.most_in_flight for model in models) <= 3
    first_of_other = run.of("c")[0]
    assert first_of_other.metrics.queued_s == pytest.approx(0)
    assert max(r.metrics.queued_s or 0 for r in run.of("a")) == pytest.approx(1.0, abs=0.6)


def test_models_of_one_provider_take_turns() -> None:
    run = Run(
        lambda clock: [
            contestant(ScriptedModel(n, clock, pieces=((1.0, "x"),)), max_concurrency=1)
            for n in "ab"
        ],
        count=4,
    )
    assert [result.model for result in run.results] == ["a", "b"] * 4


def test_a_slow_model_holds_up_nobody() -> None:
    run = Run(
        lambda clock: [
            contestant(ScriptedModel("slow", clock, pieces=((100.0, "x"),)), max_concurrency=1),
            contestant(ScriptedModel("fast", clock, provider="other", pieces=((0.1, "x"),))),
        ],
        count=3,
        plan=ComparisonPlan(timeout_s=1000),
    )
    assert [result.model for result in run.results] == ["fast"] * 3 + ["slow"] * 3


def test_a_failure_touches_nobody_else_and_keeps_what_arrived() -> None:
    run = Run(
        lambda clock: [
            contestant(
                ScriptedModel("bad", clock, pieces=((0.1, "half"),), error=RateLimited("429"))
            ),
            contestant(ScriptedModel("good", clock)),
        ],
        count=3,
    )
    assert [(r.error_kind, r.response) for r in run.of("bad")] == [("rate_limited", "half")] * 3
    assert [r.error for r in run.of("good")] == [None] * 3


def test_a_defect_of_one_model_is_a_failure_of_that_model() -> None:
    run = Run(
        lambda clock: [
            contestant(ScriptedModel("bad", clock, error=KeyError("s3cret"))),
            contestant(ScriptedModel("good", clock)),
        ]
    )
    assert run.of("bad")[0].error == "unexpected KeyError: '[redacted]'"
    assert run.of("good")[0].error is None


def test_a_stalled_model_ends_at_its_timeout() -> None:
    run = Run(
        lambda clock: [
            contestant(ScriptedModel("mute", clock, pieces=((1e6, "never"),))),
            contestant(ScriptedModel("stuck", clock, pieces=((0.1, "half"), (1e6, "never")))),
            contestant(ScriptedModel("good", clock)),
        ],
        plan=ComparisonPlan(timeout_s=5),
    )
    assert run.took_s == pytest.approx(5)
    (mute,), (stuck,) = run.of("mute"), run.of("stuck")
    assert mute.error == "no first token within 5 s; allow more with --timeout"
    assert (stuck.error_kind, stuck.response) == ("timed_out", "half")
    assert stuck.metrics.latency == pytest.approx(5)
    assert run.of("good")[0].error is None


def test_stopping_keeps_what_has_arrived_and_sends_no_more() -> None:
    models: list[ScriptedModel] = []

    def build(clock: Callable[[], float]) -> list[Contestant]:
        models.append(ScriptedModel("a", clock, pieces=((0.4, "half"), (0.6, " done"))))
        return [contestant(models[0], max_concurrency=1)]

    run = Run(build, count=100, stop_after_s=2.5)
    assert [r.error_kind for r in run.results] == [None, None, "interrupted"]
    assert run.results[-1].response == "half"
    assert len(models[0].asked) == 3
    assert run.took_s == pytest.approx(2.5)


def test_a_model_that_cannot_be_had_fails_for_every_case_and_is_asked_nothing() -> None:
    models: list[ScriptedModel] = []

    def build(clock: Callable[[], float]) -> list[Contestant]:
        models.append(ScriptedModel("a", clock, refusal=LocalServerFailed("no memory")))
        models.append(ScriptedModel("b", clock))
        return [contestant(model) for model in models]

    run = Run(build, count=4)
    assert [(r.error, r.metrics.latency) for r in run.of("a")] == [("no memory", None)] * 4
    assert models[0].asked == []
    assert len(run.of("b")) == 4


def test_an_answer_in_one_piece_has_no_first_token() -> None:
    run = Run(
        lambda clock: [contestant(ScriptedModel("a", clock, whole=True))],
        plan=ComparisonPlan(generation=Generation(stream=False)),
    )
    assert run.results[0].metrics.first_token_s is None


def test_an_answer_without_end_is_abandoned_and_touches_nobody() -> None:
    flood = ((0.0, "x" * 2**20),) * 20
    run = Run(
        lambda clock: [
            contestant(ScriptedModel("flood", clock, pieces=flood)),
            contestant(ScriptedModel("good", clock)),
        ]
    )
    (flooded,) = run.of("flood")
    assert flooded.error_kind == "response_too_large"
    assert len(flooded.response) == MAX_ANSWER_CHARS
    assert run.of("good")[0].error is None


def test_no_price_is_said_and_is_not_zero() -> None:
    run = Run(
        lambda clock: [
            contestant(ScriptedModel("a", clock), prices=NoTariff(reason="nobody knows"))
        ]
    )
    assert run.results[0].metrics.cost is None
    assert run.results[0].metrics.cost_note == "nobody knows"


def test_cases_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    class Endless:
        def __iter__(self) -> Iterator[Case]:
            for case in cases(10_000):
                taken.append(case.index)
                yield case

    async def main(clock: Callable[[], float]) -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(3.5, stop.set)
        model = ScriptedModel("a", clock, pieces=((1.0, "x"),))
        await run_comparison(
            [contestant(model, max_concurrency=2)],
            Endless(),
            ComparisonPlan(),
            deliver=lambda _: None,
            clock=clock,
            stop=stop,
        )

    run_virtually(main)
    assert len(taken) <= 10


def test_a_reader_that_goes_away_ends_it_with_its_own_error() -> None:
    delivered: list[ComparisonResult] = []

    def deliver(result: ComparisonResult) -> None:
        delivered.append(result)
        raise BrokenPipeError("gone")

    async def main(clock: Callable[[], float]) -> None:
        await run_comparison(
            [contestant(ScriptedModel(n, clock, pieces=((1.0, "x"),))) for n in "ab"],
            cases(50),
            ComparisonPlan(),
            deliver=deliver,
            clock=clock,
        )

    with pytest.raises(BrokenPipeError):
        run_virtually(main)
    assert len(delivered) == 1


def test_cases_that_break_end_it_with_their_own_error() -> None:
    def broken() -> Iterator[Case]:
        yield cases(1)[0]
        raise UsageError("line 2 is broken")

    async def main(clock: Callable[[], float]) -> None:
        await run_comparison(
            [contestant(ScriptedModel("a", clock))],
            broken(),
            ComparisonPlan(),
            deliver=lambda _: None,
            clock=clock,
        )

    with pytest.raises(UsageError, match="line 2"):
        run_virtually(main)


@pytest.mark.parametrize("options", [{"repeats": 0}, {"timeout_s": 0}, {"timeout_s": -1}])
def test_a_plan_that_makes_no_sense_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        ComparisonPlan(**options)  # type: ignore[arg-type]


@given(
    waits=st.lists(st.floats(0, 10), min_size=1, max_size=4),
    count=st.integers(1, 6),
    limit=st.integers(1, 4),
    timeout_s=st.floats(0.5, 20),
)
def test_whatever_happens_every_question_has_one_result(
    waits: list[float], count: int, limit: int, timeout_s: float
) -> None:
    run = Run(
        lambda clock: [
            contestant(ScriptedModel(f"m{i}", clock, pieces=((wait, "x"),)), max_concurrency=limit)
            for i, wait in enumerate(waits)
        ],
        count=count,
        plan=ComparisonPlan(timeout_s=timeout_s),
    )
    asked = sorted((r.model, r.prompt_index) for r in run.results)
    assert asked == sorted(itertools.product((f"m{i}" for i in range(len(waits))), range(count)))
    for result in run.results:
        metrics = result.metrics
        assert metrics.latency is not None
        assert 0 <= metrics.latency <= timeout_s + 1e-6
        if metrics.first_token_s is not None:
            assert metrics.first_token_s <= metrics.latency + 1e-9
