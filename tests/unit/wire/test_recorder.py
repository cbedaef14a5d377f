"""What a worker keeps of each exchange, as columns."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.record import RECORD
from modelforge.benchmark.workload import Ask
from modelforge.core.errors import StreamCut
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.wire.exchange import Exchange
from modelforge.wire.reading import Reading
from modelforge.wire.recorder import Recorder
from modelforge.wire.taken import Taken

START_NS, END_NS = 1_000, 9_000


@pytest.fixture
def recorder() -> Recorder:
    made = Recorder(3)
    made.start_ns, made.ends_ns = START_NS, END_NS
    return made


def add(
    recorder: Recorder,
    *moments_ns: int,
    phase: Phase = Phase.MEASURED,
    done_ns: int = 8_000,
    late_ns: int = 10,
    opening_ns: int = 0,
    **said: Any,
) -> None:
    exchange = Exchange(
        index=7,
        phase=phase,
        ask=Ask(prompt=Prompt.of("Hi"), source="test"),
        due_ns=2_000,
        sent_ns=2_000 + late_ns,
        opening_ns=opening_ns,
    )
    said = {"status": 200, "tokens": len(moments_ns), **said}
    reading = Reading(moments_ns=moments_ns, **said)
    recorder.add(exchange, reading, done_ns=done_ns, received=500)


def rows(taken: Taken) -> list[dict[str, Any]]:
    batch = pa.RecordBatch.from_arrays(list(taken.columns()), schema=RECORD)
    return batch.to_pylist()


def test_moments_are_counted_from_the_start_and_gaps_apart(recorder: Recorder) -> None:
    add(recorder, 3_000, 3_010, 3_040, tokens=4)
    taken = recorder.take()
    (row,) = rows(taken)
    gaps = taken.gaps
    names = ("due_ns", "sent_ns", "first_ns", "last_ns", "done_ns", "max_gap_ns")
    assert [row[name] for name in names] == [1_000, 1_010, 2_000, 2_040, 7_000, 30]
    assert (row["worker"], row["counted_tokens"], row["error"]) == (3, 4, None)
    # Four tokens at three moments: two of them came together.
    assert (gaps.count, gaps.smallest, gaps.largest) == (3, 0, 30)
    assert rows(recorder.take()) == []


def test_only_good_measured_answers_have_gaps(recorder: Recorder) -> None:
    add(recorder, 3_000, 3_010, phase=Phase.WARM_UP)
    add(recorder, 3_000, 3_020, error=StreamCut("cut"))
    add(recorder, 3_000, 3_030)
    taken = recorder.take()
    assert (taken.gaps.count, taken.gaps.largest) == (1, 30)
    told = [(row["error"], row["max_gap_ns"]) for row in rows(taken)]
    assert told == [(None, 10), (StreamCut.kind, 20), (None, 30)]


def test_what_is_done_after_the_end_is_told_apart(recorder: Recorder) -> None:
    for done_ns in (END_NS, END_NS + 1):
        add(recorder, 3_000, done_ns=done_ns)
    add(recorder, 3_000, phase=Phase.WARM_UP, done_ns=END_NS + 1)
    phases = [row["phase"] for row in rows(recorder.take())]
    assert phases == [Phase.MEASURED, Phase.COOL_DOWN, Phase.WARM_UP]


def test_what_is_not_known_and_a_count_that_no_answer_can_have_is_null(recorder: Recorder) -> None:
    add(recorder, usage=Usage(prompt_tokens=10**12, completion_tokens=None))
    add(recorder, 3_000)
    first, second = rows(recorder.take())
    assert (first["prompt_tokens"], first["completion_tokens"]) == (None, None)
    assert (first["first_ns"], first["last_ns"], first["max_gap_ns"]) == (None, None, None)
    assert (second["index"], second["prompt_tokens"]) == (7, None)


def test_gaps_between_reasoning_are_told_apart(recorder: Recorder) -> None:
    for _ in range(2):
        add(recorder, 3_000, 3_010, 3_030, 3_060, 3_100, reasoning_tokens=3, reasoning_moments=3)
    add(recorder, 3_000, 3_010, reasoning_tokens=1, reasoning_moments=1)
    taken = recorder.take()
    told = taken.reasoning_gaps
    assert (told.count, told.smallest, told.largest) == (4, 10, 20)
    assert taken.gaps.count == 9
    assert recorder.take().reasoning_gaps.count == 0


def test_how_late_it_sent_is_without_the_opening_of_connections(recorder: Recorder) -> None:
    add(recorder, 3_000)
    add(recorder, 3_000, late_ns=70_000_000)
    add(recorder, 3_000, late_ns=90_000_000, opening_ns=2_500)
    add(recorder, late_ns=80_000_000, status=0, error=StreamCut("cut"))
    add(recorder, 3_000, late_ns=80_000_000, phase=Phase.WARM_UP)
    lag_ms = recorder.take().send_lag_ms()
    assert (lag_ms.count, lag_ms.largest, lag_ms.quantile(0.5)) == (3, 70.0, 0.0)
    assert recorder.take().send_lag_ms().count == 0


def test_what_is_taken_is_not_touched_by_what_comes_later(recorder: Recorder) -> None:
    add(recorder, 3_000, 3_010)
    taken = recorder.take()
    columns = taken.columns()
    first = next(columns)
    add(recorder, 4_000, 4_020)
    batch = pa.RecordBatch.from_arrays([first, *columns], schema=RECORD)
    assert batch["first_ns"].to_pylist() == [2_000]
    assert (taken.gaps.count, taken.gaps.largest) == (1, 10)
    assert [row["first_ns"] for row in rows(recorder.take())] == [3_000]
