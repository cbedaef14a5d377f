"""A run's file read whole, or mapped where it is a long one's."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from modelforge.app import benchmark_report
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.summary import summarise
from modelforge.core.errors import UsageError
from tests.unit.benchmark.test_recording import ENDS, STREAM

pytestmark = pytest.mark.skipif(
    not hasattr(mmap, "MADV_DONTNEED"), reason="this system maps no file so"
)


def _mapped(path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    monkeypatch.setattr(benchmark_report, "_MAPPED_BYTES", 1)
    return benchmark_report.read(path)


@pytest.mark.parametrize("kept", [len(STREAM), ENDS[2], ENDS[2] + 50])
def test_a_mapped_file_is_reported_like_one_that_is_read(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.arrows"
    path.write_bytes(STREAM[:kept])
    whole = benchmark_report.read(path)
    mapped = _mapped(path, monkeypatch)
    assert mapped.let_go != whole.let_go
    assert mapped.columns.equals(whole.columns)
    mapped.let_go()
    assert summarise(mapped) == summarise(whole)


def test_a_mapped_file_that_is_no_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.arrows"
    path.write_bytes(b"not Arrow at all")
    with pytest.raises(UsageError, match="is not the recording of a benchmark"):
        _mapped(path, monkeypatch)


def test_an_empty_file_is_not_mapped(tmp_path: Path) -> None:
    path = tmp_path / "run.arrows"
    path.touch()
    with pytest.raises(UsageError, match="is empty: a run that was killed before it began"):
        benchmark_report.read(path)
