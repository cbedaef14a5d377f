"""A cache in front of a model: when it asks, what it keeps, and what is said of it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from modelforge.cache.cache import AnswerCache
from modelforge.cache.key import RequestIdentity
from modelforge.cache.model import CachedModel
from modelforge.cache.store import FILE_NAME
from modelforge.compare.contestant import Contestant
from modelforge.compare.engine import run_comparison
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import SummaryBuilder
from modelforge.core.errors import LocalServerFailed, RateLimited, StreamCut
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from tests.unit.compare.fakes import PRICES, ScriptedModel, cases

ASKED_AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    opened = AnswerCache(tmp_path / "answers", max_bytes=10**7)
    yield opened
    opened.close()


def behind(
    cache: AnswerCache, model: ScriptedModel, *, refresh: bool = False, endpoint: str = "here"
) -> CachedModel:
    def identify(prompt: Prompt, generation: Generation) -> RequestIdentity:
        return RequestIdentity(
            protocol="fake",
            endpoint=endpoint,
            provider=model.provider,
            model=model.name,
            path="",
            body={"prompt": prompt.text, "temperature": generation.temperature},
            stream=generation.stream,
            headers={},
        )

    return CachedModel(
        model,
        cache=cache,
        identify=identify,
        clock=model.clock,
        refresh=refresh,
        now=lambda: ASKED_AT,
    )


async def ask(model: CachedModel, plan: ComparisonPlan | None = None) -> list[ComparisonResult]:
    results: list[ComparisonResult] = []
    await run_comparison(
        [Contestant(model=model, prices=PRICES, max_concurrency=8)],
        cases(2),
        plan or ComparisonPlan(),
        deliver=results.append,
        clock=time.monotonic,
    )
    return sorted(results, key=lambda result: (result.prompt_index, result.repeat))


async def test_the_second_time_nothing_is_asked(cache: AnswerCache) -> None:
    model = ScriptedModel("m", time.monotonic, pieces=((0, "ye"), (0, "s")))
    first = await ask(behind(cache, model))
    again = await ask(behind(cache, model))
    assert len(model.asked) == 2
    assert [result.response for result in again] == [result.response for result in first]
    assert {(result.cached, result.cached_at) for result in first} == {(False, None)}
    assert {(result.cached, result.cached_at) for result in again} == {(True, ASKED_AT)}


async def test_a_model_is_made_ready_only_when_something_is_sent(cache: AnswerCache) -> None:
    model = ScriptedModel("m", time.monotonic)
    await ask(behind(cache, model))
    asked = model.prepared
    assert asked > 0
    await ask(behind(cache, model))
    assert model.prepared == asked
    await ask(behind(cache, model, refresh=True))
    assert model.prepared > asked


async def test_a_model_that_cannot_be_had_is_tried_once(cache: AnswerCache) -> None:
    model = ScriptedModel("m", time.monotonic, refusal=LocalServerFailed("it died"))
    plan = ComparisonPlan(repeats=2)
    one_at_a_time = [
        Contestant(model=behind(cache, model), prices=PRICES, max_concurrency=1),
    ]
    results: list[ComparisonResult] = []
    await run_comparison(
        one_at_a_time, cases(2), plan, deliver=results.append, clock=time.monotonic
    )
    assert [result.error for result in results] == ["it died"] * 4
    assert {result.metrics.latency for result in results} == {None}  # nothing was sent
    assert (model.prepared, model.asked) == (1, [])


async def test_a_server_that_dies_later_is_not_given_up(cache: AnswerCache) -> None:
    class Dying(ScriptedModel):
        async def prepare(self) -> None:
            await super().prepare()
            self.refusal = LocalServerFailed("it has died")

    model = Dying("m", time.monotonic)
    plan = ComparisonPlan(repeats=3)
    assert [result.error for result in await ask(behind(cache, model), plan)] == [None] * 6


async def test_making_ready_is_no_wait_for_a_first_token(cache: AnswerCache) -> None:
    class Slow(ScriptedModel):
        async def prepare(self) -> None:
            await asyncio.sleep(1.2)

    plan = ComparisonPlan(timeout_s=1, first_token_timeout_s=1)
    found = await ask(behind(cache, Slow("m", time.monotonic)), plan)
    assert [result.error for result in found] == [None, None]


async def test_a_provider_that_asks_to_wait_holds_up_nothing_that_is_kept(
    cache: AnswerCache,
) -> None:
    known = ScriptedModel("m", time.monotonic)
    await ask(behind(cache, known))
    busy = ScriptedModel("busy", time.monotonic, error=RateLimited("later", retry_after_s=3600))
    busy.pieces = ()
    results: list[ComparisonResult] = []
    await run_comparison(
        [
            Contestant(model=busy, prices=PRICES, max_concurrency=1),
            Contestant(model=behind(cache, known), prices=PRICES, max_concurrency=1),
        ],
        cases(2),
        ComparisonPlan(),
        deliver=results.append,
        clock=time.monotonic,
    )
    found = {(result.model, result.prompt_index): result for result in results}
    assert [found["m", index].cached for index in (0, 1)] == [True, True]
    assert [found["busy", index].error_kind for index in (0, 1)] == ["rate_limited"] * 2


async def test_the_time_to_make_ready_is_in_no_latency(cache: AnswerCache) -> None:
    class Slow(ScriptedModel):
        async def prepare(self) -> None:
            moments.append(1000.0)

    moments = [0.0]
    model = Slow("m", lambda: sum(moments))
    results: list[ComparisonResult] = []
    await run_comparison(
        [Contestant(model=behind(cache, model), prices=PRICES, max_concurrency=1)],
        cases(1),
        ComparisonPlan(),
        deliver=results.append,
        clock=model.clock,
    )
    assert [result.metrics.latency for result in results] == [0.0]


async def test_a_cached_answer_is_no_measurement_and_costs_nothing(cache: AnswerCache) -> None:
    model = ScriptedModel("m", time.monotonic)
    summary = SummaryBuilder("fake/m")
    first, again = await ask(behind(cache, model)), await ask(behind(cache, model))
    for result in again:
        metrics = result.metrics
        assert (metrics.latency, metrics.first_token_s, metrics.queued_s) == (None, None, None)
        assert metrics.tokens_per_second is None
        assert (metrics.prompt_tokens, metrics.completion_tokens) == (10, 1)
        assert (metrics.cost, metrics.cost_note) == (Decimal(0), "cached")
        summary.add(result)
    built = summary.build()
    assert (built.answered, built.cached, built.unpriced, built.cost) == (2, 2, 0, Decimal(0))
    assert built.median_latency_s is None
    assert all(result.metrics.latency is not None for result in first)


async def test_repeats_models_endpoints_and_settings_never_share(cache: AnswerCache) -> None:
    model = ScriptedModel("m", time.monotonic)
    await ask(behind(cache, model))
    twice = await ask(behind(cache, model), ComparisonPlan(repeats=2))
    assert [result.cached for result in twice] == [True, False, True, False]
    other = ScriptedModel("n", time.monotonic)
    assert not any(result.cached for result in await ask(behind(cache, other)))
    assert not any(result.cached for result in await ask(behind(cache, model, endpoint="there")))
    warm = ComparisonPlan(generation=Generation(temperature=1.0))
    assert not any(result.cached for result in await ask(behind(cache, model), warm))


async def test_refresh_asks_again_and_replaces(cache: AnswerCache) -> None:
    await ask(behind(cache, ScriptedModel("m", time.monotonic, pieces=((0, "old"),))))
    new = ScriptedModel("m", time.monotonic, pieces=((0, "new"),))
    assert not any(result.cached for result in await ask(behind(cache, new, refresh=True)))
    again = await ask(behind(cache, new))
    assert [(result.cached, result.response) for result in again] == [(True, "new")] * 2


async def test_only_complete_answers_are_kept(cache: AnswerCache) -> None:
    cut = ScriptedModel("cut", time.monotonic, error=StreamCut("half"))
    stuck = ScriptedModel("stuck", time.monotonic, pieces=((0, "begun"), (60, "never")))
    soon = ComparisonPlan(timeout_s=0.05)
    for _ in range(2):
        assert [result.error_kind for result in await ask(behind(cache, cut))] == ["stream_cut"] * 2
        late = await ask(behind(cache, stuck), soon)
        assert [(result.error_kind, result.cached) for result in late] == [("timed_out", False)] * 2
    assert (stuck.in_flight, len(stuck.asked), len(cut.asked)) == (0, 4, 4)


async def test_an_interrupted_answer_is_not_kept(cache: AnswerCache) -> None:
    stuck = ScriptedModel("m", time.monotonic, pieces=((0, "begun"), (60, "never")))
    task = asyncio.create_task(ask(behind(cache, stuck)))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    quick = ScriptedModel("m", time.monotonic)
    assert not any(result.cached for result in await ask(behind(cache, quick)))


async def test_the_caches_own_time_is_in_no_latency(
    cache: AnswerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(_: str) -> None:
        await asyncio.sleep(0.2)

    monkeypatch.setattr(cache, "get", slow)
    for result in await ask(behind(cache, ScriptedModel("m", time.monotonic))):
        assert result.metrics.latency is not None
        assert result.metrics.latency < 0.15
        assert result.metrics.queued_s is not None
        assert result.metrics.queued_s >= 0.19


async def test_no_secret_is_kept(cache: AnswerCache, tmp_path: Path) -> None:
    model = ScriptedModel("m", time.monotonic, pieces=((0, "my s3"), (0, "cret")))
    await ask(behind(cache, model))
    cache.close()
    with closing(sqlite3.connect(tmp_path / "answers" / FILE_NAME)) as file:
        rows = file.execute("SELECT answer FROM answers").fetchall()
    assert len(rows) == 2
    assert "s3cret" not in str(rows)


def _broken(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"x" * 10_000)


def _no_folder(folder: Path) -> None:
    folder.write_text("a file stands in its place")


@pytest.mark.parametrize("spoil", [_broken, _no_folder])
async def test_a_store_that_fails_is_one_warning(
    tmp_path: Path, spoil: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(spoil)
    spoil(tmp_path / "answers")
    cache = AnswerCache(tmp_path / "answers", max_bytes=10**7)
    model = ScriptedModel("m", time.monotonic)
    for _ in range(2):
        assert [result.error for result in await ask(behind(cache, model))] == [None, None]
    cache.close()
    assert len(model.asked) == 4
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1


async def test_a_file_held_by_another_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = AnswerCache(tmp_path / "answers", max_bytes=10**7)
    model = ScriptedModel("m", time.monotonic)
    await ask(behind(cache, model))
    await cache.get("")  # all is written
    with closing(sqlite3.connect(tmp_path / "answers" / FILE_NAME)) as other:
        other.execute("BEGIN EXCLUSIVE")
        other_model = ScriptedModel("other", time.monotonic)
        assert [r.error for r in await ask(behind(cache, other_model))] == [None, None]
        cache.close()
    assert ["locked" in record.getMessage() for record in caplog.records] == [True]


async def test_a_row_that_is_no_answer_is_asked_anew(cache: AnswerCache, tmp_path: Path) -> None:
    model = ScriptedModel("m", time.monotonic)
    await ask(behind(cache, model))
    await cache.get("")
    with closing(sqlite3.connect(tmp_path / "answers" / FILE_NAME)) as other:
        other.execute("UPDATE answers SET answer = '{}'")
        other.commit()
    assert not any(result.cached for result in await ask(behind(cache, model)))
    assert all(result.cached for result in await ask(behind(cache, model)))
