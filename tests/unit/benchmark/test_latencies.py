"""Latencies are a list of numbers, whether they are in memory or in a file."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from modelforge.benchmark.latencies import Latencies
from modelforge.benchmark.spool import Spool
from modelforge.core.errors import ModelForgeError

MANY = 300_000


@pytest.fixture(params=[0, 1, 10, MANY])
def numbers(request: pytest.FixtureRequest) -> list[float]:
    return [float(value) for value in np.random.default_rng(1).exponential(size=request.param)]


def made_of(numbers: list[float]) -> Latencies:
    return Latencies(np.array(numbers[at : at + 70_000]) for at in range(0, len(numbers), 70_000))


def test_it_reads_as_a_list_does(numbers: list[float]) -> None:
    latencies = made_of(numbers)
    assert len(latencies) == len(numbers)
    assert list(latencies) == numbers
    for cut in (slice(None), slice(3, 7), slice(-3, None), slice(None, None, -2), slice(9, 2, -3)):
        assert latencies[cut] == numbers[cut]
    for place in (0, len(numbers) - 1, -1, len(numbers) // 2):
        if numbers:
            assert latencies[place] == numbers[place]
    for place in (len(numbers), -len(numbers) - 1):
        with pytest.raises(IndexError):
            latencies[place]


def test_numpy_takes_it(numbers: list[float]) -> None:
    latencies = made_of(numbers)
    assert np.array_equal(np.asarray(latencies), numbers)
    assert np.asarray(latencies, dtype=np.float32).dtype == np.float32
    if numbers:
        assert np.percentile(latencies, 99) == np.percentile(numbers, 99)


def test_it_is_copied_and_pickled_and_compared_by_what_it_holds(numbers: list[float]) -> None:
    latencies = made_of(numbers)
    assert copy.deepcopy(latencies) == latencies == pickle.loads(pickle.dumps(latencies))  # noqa: S301
    assert latencies != made_of([*numbers, 1.0])
    assert repr(latencies) == f"<Latencies of {len(numbers):,} requests>"


def test_many_leave_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    latencies = Latencies([np.ones(MANY)])
    assert sum(latencies) == MANY
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit of their size there")
def test_no_room_for_the_last_bytes_is_found_at_once() -> None:
    # In a process of its own, whose files may be 1.5 MiB and a few bytes short of what is written.
    script = """
import resource, signal
import numpy as np
from modelforge.benchmark.spool import Spool
from modelforge.core.errors import ModelForgeError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_599_000, 1_599_000))
spool = Spool(np.float64)
try:
    for _ in range(200):
        spool.add(np.ones(1000))
except ModelForgeError as error:
    print(spool.size, error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.startswith("199000 cannot keep what the report needs")


def test_no_room_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    monkeypatch.setattr(tempfile, "tempdir", str(gone))
    spool = Spool(np.float64)
    spool.add(np.ones(10))
    with pytest.raises(ModelForgeError, match=r"gone\): No such file or directory; make room"):
        spool.add(np.ones(MANY))
