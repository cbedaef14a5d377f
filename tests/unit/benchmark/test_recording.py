"""A recording read back, whole and cut."""

from __future__ import annotations

import contextlib
import io

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelforge.benchmark.record import RECORD, TELEMETRY_KEY
from modelforge.benchmark.recording import Recording, read_recording
from modelforge.benchmark.summary import summarise
from modelforge.core.errors import NotARecording
from tests.unit.benchmark.runs import (
    PLAN,
    a_batch,
    a_failure,
    a_request,
    a_word,
    gaps_of,
    schema_of,
)

BATCHES = 4


def a_stream() -> tuple[bytes, list[int]]:
    """A whole stream of 4 batches, and where each batch ends in it."""
    sink = io.BytesIO()
    ends = []
    with pa.ipc.new_stream(sink, schema_of()) as writer:
        for place in range(BATCHES):
            batch = a_batch([a_request(2 * place), a_failure(2 * place + 1, error=f"kind_{place}")])
            word = a_word(at_s=place, gaps=gaps_of(10, 20), final=place == BATCHES - 1)
            writer.write_batch(batch, custom_metadata={TELEMETRY_KEY: word.to_json()})
            ends.append(sink.tell())
    return sink.getvalue(), ends


STREAM, ENDS = a_stream()


def between_messages() -> set[int]:
    """Where one of the stream's messages ends: a batch has two, and a cut there leaves no sign."""
    source = pa.BufferReader(STREAM)
    reader = pa.ipc.MessageReader.open_stream(source)
    found = set()
    with contextlib.suppress(StopIteration):
        while True:
            reader.read_next_message()
            found.add(source.tell())
    return found


SIGNLESS = between_messages()


def read(content: bytes) -> Recording:
    reader = pa.ipc.open_stream(io.BytesIO(content))
    return read_recording(reader.schema, reader.iter_batches_with_custom_metadata())


def test_a_whole_recording() -> None:
    recording = read(STREAM)
    assert recording.plan == PLAN
    assert recording.columns.num_rows == 8
    assert recording.loss is None
    assert recording.gaps.count == 8
    assert [said.final for said in recording.telemetry] == [False, False, False, True]
    result = summarise(recording)
    assert result.errors == {f"kind_{place}": 1 for place in range(BATCHES)}
    assert result.verdict.status == "VALID"


@example(3336)
@given(st.integers(min_value=0, max_value=len(STREAM) - ENDS[0] + 40))
def test_a_stream_cut_anywhere_keeps_its_complete_batches(lost: int) -> None:
    kept = STREAM[: len(STREAM) - lost]
    if len(kept) < 4000 and len(kept) < ENDS[0]:
        return
    recording = read(kept)
    complete = sum(end <= len(kept) for end in ENDS)
    assert recording.columns.num_rows == 2 * complete
    assert recording.gaps.count == 2 * complete
    assert len(recording.telemetry) == complete
    at_an_end = len(kept) in SIGNLESS or len(kept) >= ENDS[-1]
    if not at_an_end:
        assert recording.loss is not None
        assert recording.loss.startswith(f"cut off after {complete} batches")


def test_a_cut_recording_is_reported_and_says_so() -> None:
    result = summarise(read(STREAM[: ENDS[2] + 50]))
    assert result.total_requests == 6
    assert result.loss is not None
    codes = {reason.code for reason in result.verdict.reasons}
    assert codes == {"cut_short", "recording_cut"}
    assert result.verdict.status == "SUSPECT"


def test_a_recording_cut_between_two_batches_says_so_too() -> None:
    recording = read(STREAM[: ENDS[2]])
    assert recording.loss is None
    assert [r.code for r in summarise(recording).verdict.reasons] == ["cut_short"]


def test_a_recording_of_nothing() -> None:
    recording = read_recording(schema_of(), iter(()))
    assert recording.columns.num_rows == 0
    assert summarise(recording).total_requests == 0


def test_a_batch_without_telemetry_counts() -> None:
    recording = read_recording(schema_of(), [(a_batch([a_request()]), None)])
    assert recording.columns.num_rows == 1
    assert recording.telemetry == ()


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (RECORD, "no plan"),
        (RECORD.with_metadata({b"plan": b"{"}), "not the plan"),
        (schema_of().remove(0), "no column 'index'"),
        (schema_of().set(0, pa.field("index", pa.string())), "'index' holds string, not int64"),
    ],
)
def test_what_is_no_recording_is_refused(schema: pa.Schema, why: str) -> None:
    with pytest.raises(NotARecording, match=why):
        read_recording(schema, iter(()))


def test_telemetry_that_is_none_is_refused() -> None:
    batch = a_batch([a_request()])
    with pytest.raises(NotARecording, match="not the telemetry"):
        read_recording(schema_of(), [(batch, {TELEMETRY_KEY: b"{}"})])
