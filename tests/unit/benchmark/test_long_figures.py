"""The figures of recordings that are read by pieces are those that numpy finds in whole columns."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from modelforge.benchmark import measures, rows, sent_order
from modelforge.benchmark.distribution import PERCENTILES, Distribution
from modelforge.benchmark.measures import Measures
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.record import RECORD
from modelforge.benchmark.sent_order import SentOrder
from modelforge.benchmark.summary import summarise
from modelforge.stats import long_series
from tests.unit.benchmark.runs import MS, a_large_table, a_recording
from tests.unit.benchmark.test_long_recordings import differences, report

Columns = dict[str, NDArray[Any]]

Times = Callable[[np.random.Generator, int], NDArray[Any]]
TIMES: dict[str, Times] = {
    "all equal": lambda random, n: random.choice([7 * MS + 1], n),
    "two values": lambda random, n: random.choice([1, 1_000 * MS], n),
    "zeros and huge ones": lambda random, n: random.choice([0, 0, 0, 10**14], n),
    "skewed": lambda random, n: (random.lognormal(3, 2, n) * MS).astype(np.int64),
    "a few nanoseconds": lambda random, n: random.integers(0, 3, n),
}
MOVED = {"in order": 0.0, "by workers": 40.0, "anyhow": 1e9}
FAILED = {"none": 0.0, "a few": 0.05, "nearly all": 0.97}


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that some hundred requests are a long recording of many pieces and windows."""
    for module, name, size in (
        (measures, "HELD", 32),
        (rows, "_PIECE", 32),
        (sent_order, "_BLOCK", 16),
        (sent_order, "_WINDOW", 24),
        (sent_order, "_SAMPLED", 64),
        (long_series, "_GATHERED", 8),
    ):
        monkeypatch.setattr(module, name, size)


@st.composite
def columns(draw: st.DrawFn) -> Columns:
    """Of up to 400 requests; ``failed`` and ``silent`` (no moment of a token) are masks."""
    n = draw(st.integers(33, 400))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    due = np.sort(random.integers(0, 60_000 * MS, n))
    found: Columns = {"due_ns": due}
    for earlier, later in pairwise(("due_ns", "sent_ns", "first_ns", "last_ns", "done_ns")):
        found[later] = found[earlier] + TIMES[draw(st.sampled_from(sorted(TIMES)))](random, n)
    found["counted_tokens"] = random.choice(draw(st.sampled_from([[1, 2], [0, 1, 5000]])), n)
    found["phase"] = np.where(random.random(n) < 0.1, Phase.WARM_UP, Phase.MEASURED)
    found["failed"] = random.random(n) < FAILED[draw(st.sampled_from(sorted(FAILED)))]
    found["silent"] = found["failed"] | (random.random(n) < draw(st.sampled_from([0.0, 0.3])))
    moved = MOVED[draw(st.sampled_from(sorted(MOVED)))]
    order = np.argsort(np.arange(n) + moved * random.random(n), kind="stable")
    return {name: column[order] for name, column in found.items()}


def table_of(found: Columns, cuts: list[int]) -> pa.Table:
    """In batches that end at ``cuts``."""
    n = found["due_ns"].size
    made: list[pa.Array[Any]] = []
    for field in RECORD:
        if field.name == "error":
            words = ["timed_out" if failed else None for failed in found["failed"]]
            made.append(pa.array(words, pa.string()).dictionary_encode())
            continue
        values = found.get(field.name, np.zeros(n, np.int64))
        unknown = found["silent"] if field.name in found else np.ones(n, np.bool_)
        null = unknown if field.nullable else None
        made.append(pa.array(values, field.type if field.type != pa.bool_() else None, mask=null))
    whole = pa.Table.from_arrays(made, schema=RECORD)
    edges = [0, *sorted(cut % n for cut in cuts), n]
    return pa.concat_tables([whole[start:end] for start, end in pairwise(edges)])


def expected(values: NDArray[np.float64]) -> dict[str, float]:
    known = values[~np.isnan(values)]
    if not known.size:
        return {"count": 0}
    quantiles = np.quantile(known, list(PERCENTILES.values()))
    return {
        "count": known.size,
        "mean": float(known.mean()),
        "min": float(known.min()),
        "max": float(known.max()),
        **dict(zip(PERCENTILES, quantiles.tolist(), strict=True)),
    }


def assert_found(found: Distribution, values: NDArray[np.float64]) -> None:
    for name, value in expected(values).items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9), name


@pytest.mark.usefixtures("small_pieces")
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(found=columns(), cuts=st.lists(st.integers(1, 400), max_size=12))
def test_figures_are_those_of_whole_columns(found: Columns, cuts: list[int]) -> None:
    table = table_of(found, cuts)
    result = summarise(a_recording(table))
    measured = found["phase"] != Phase.WARM_UP
    good = measured & ~found["failed"]
    answered = good & ~found["silent"]
    due, sent, first, last, done = (
        found[f"{moment}_ns"] / 1 for moment in ("due", "sent", "first", "last", "done")
    )
    tokens = found["counted_tokens"]
    assert (result.total_requests, result.successful_requests) == (measured.sum(), good.sum())
    assert_found(result.ttft_ms, (first - sent)[answered] / MS)
    assert_found(result.e2e_ms, (done - sent)[good] / MS)
    assert_found(result.e2e_from_due_ms, (done - due)[good] / MS)
    several = answered & (tokens > 1)
    each = ((last - first)[several] / MS) / (tokens[several] - 1)
    assert_found(result.tpot_ms, each)
    weighted = result.itl_definitions.guidellm
    every = np.sort(np.repeat(each, tokens[several] - 1))
    assert weighted.count == every.size
    for name, q in PERCENTILES.items() if every.size else ():
        at = every[int(np.ceil(q * every.size)) - 1]
        assert getattr(weighted, name) == pytest.approx(at, rel=1e-9), name
    order = SentOrder(Measures(table, good)).values(lambda some: some.column("done_ns") / 1)
    in_order = order if isinstance(order, np.ndarray) else order.held()
    np.testing.assert_array_equal(in_order, done[good][np.argsort(sent[good], kind="stable")])
    assert np.asarray(result.latencies) == pytest.approx((done - sent)[good] / 1e9, rel=1e-12)


def test_few_answers_of_many_requests_have_the_intervals_of_an_array(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = 70_000
    table = a_large_table(count)
    answered = np.arange(count) % 233 == 0
    words = [None if good else "timed_out" for good in answered.tolist()]
    error = pa.array(words, pa.string()).dictionary_encode()
    table = table.set_column(table.schema.get_field_index("error"), RECORD.field("error"), error)
    by_pieces = report(table)
    monkeypatch.setattr(measures, "HELD", count)
    held = report(table)
    assert held.successful_requests == answered.sum()
    assert held.statistics is not None
    assert differences(by_pieces, held) == []
