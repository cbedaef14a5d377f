"""What is kept of an exchange."""

from __future__ import annotations

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.wire.exchange import Exchange
from modelforge.wire.reading import Reading
from modelforge.wire.recorder import Recorder

EXCHANGE = Exchange(index=0, phase=Phase.MEASURED, ask=Ask(prompt=Prompt.of("Hi"), source="test"))


def test_a_count_that_no_answer_can_have_is_none() -> None:
    recorder = Recorder(0)
    usage = Usage(prompt_tokens=5, completion_tokens=10**15, cached_tokens=0)
    reading = Reading(status=200, moments_ns=[1, 2], tokens=2, usage=usage)
    recorder.add(EXCHANGE, reading, done_ns=3, received=2**40)
    (row,) = recorder.batch()[0].to_pylist()
    told = [row[name] for name in ("prompt_tokens", "completion_tokens", "cached_tokens")]
    assert told == [5, None, 0]
    assert (row["counted_tokens"], row["bytes"]) == (2, 2**31 - 1)


def test_gaps_between_reasoning_are_told_apart() -> None:
    recorder = Recorder(0)
    assert recorder.reasoning_gaps() is None
    thinking = Reading(
        status=200,
        moments_ns=[0, 10, 30, 60, 100],
        tokens=5,
        reasoning_tokens=3,
        reasoning_moments=3,
    )
    for _ in range(2):
        recorder.add(EXCHANGE, thinking, done_ns=100, received=9)
    told = recorder.reasoning_gaps()
    assert told is not None
    assert (told.count, told.smallest, told.largest) == (4, 10, 20)
    assert recorder.reasoning_gaps() is None
    assert recorder.batch()[1].count == 8
