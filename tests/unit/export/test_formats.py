"""What every writer promises."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from io import StringIO

import pytest

from modelforge.compare.result import ComparisonResult
from modelforge.export.formats import FORMATS
from tests.unit.export.corpus import a_result, summaries

_RESULTS = 50_000
_TRACED = 5_000
_ANSWER = 500


class _Drain(StringIO):
    """A stream that keeps nothing."""

    written = 0

    def write(self, text: str) -> int:
        self.written += len(text)
        return len(text)


def _arriving(first: int, last: int) -> Iterator[ComparisonResult]:
    for number in range(first, last):
        yield a_result("x" * _ANSWER + str(number), prompt_index=number)


@pytest.mark.parametrize("name", FORMATS)
def test_results_are_not_kept(name: str) -> None:
    stream = _Drain()
    writer = FORMATS[name](stream)
    for result in _arriving(0, _RESULTS - _TRACED):
        writer.write(result)
    gc.collect()
    tracemalloc.start()
    try:
        for result in _arriving(_RESULTS - _TRACED, _RESULTS):
            writer.write(result)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    writer.close(summaries(a_result()))
    assert stream.written > _RESULTS * _ANSWER
    assert peak < _TRACED * _ANSWER / 4


@pytest.mark.parametrize("name", FORMATS)
def test_the_stream_is_left_open_and_untouched_before_the_first_call(name: str) -> None:
    stream = StringIO(newline="")
    writer = FORMATS[name](stream)
    assert stream.getvalue() == ""
    writer.close([], complete=False)
    assert not stream.closed


@pytest.mark.parametrize("name", FORMATS)
def test_a_failing_stream_is_not_hidden(name: str) -> None:
    class Full(StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        FORMATS[name](Full()).write(a_result())
