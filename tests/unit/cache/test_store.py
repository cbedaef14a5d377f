"""The file: its size, its mode, and everything that can be wrong with it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.cache.store import FILE_NAME, AnswerStore, clear, state_of

MEGABYTE = 1_000_000
WRITER = """
import sys
from pathlib import Path
from modelforge.cache.store import AnswerStore
store = AnswerStore(Path(sys.argv[1]), max_bytes=50_000_000)
for number in range(200):
    store.put(f"{sys.argv[2]}-{number}", "x" * 1000)
    assert store.get(f"{sys.argv[2]}-{number}") == "x" * 1000
"""


def test_what_is_put_is_got(tmp_path: Path) -> None:
    with closing(AnswerStore(tmp_path / "new" / "folder", max_bytes=MEGABYTE)) as store:
        assert store.get("a") is None
        store.put("a", "one")
        store.put("a", "two")
        assert store.get("a") == "two"
        assert store.state().answers == 1
    with closing(AnswerStore(tmp_path / "new" / "folder", max_bytes=MEGABYTE)) as store:
        assert store.get("a") == "two"


def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    old = os.umask(0)
    try:
        with closing(AnswerStore(folder, max_bytes=MEGABYTE)) as store:
            store.put("a", "one")
            modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    finally:
        os.umask(old)
    assert len(modes) > 1
    assert set(modes.values()) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    with closing(AnswerStore(tmp_path, max_bytes=MEGABYTE)) as store:
        for number in range(9):
            store.put(str(number), "x" * 100_000)
        assert store.get("0") is not None
        store.put("new", "x" * 100_000)
        store.put("newer", "x" * 100_000)
        assert store.get("0") is not None
        assert store.get("newer") is not None
        assert store.get("1") is None


@given(sizes=st.lists(st.integers(1, 600_000), max_size=15))
def test_it_never_grows_beyond_its_size(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    with closing(AnswerStore(folder, max_bytes=MEGABYTE)) as store:
        for number, size in enumerate(sizes):
            store.put(str(number), "x" * size)
            assert store.state().size_bytes <= MEGABYTE
            # The last one is there, unless it would fill half of the store alone.
            assert (store.get(str(number)) is not None) == (size <= MEGABYTE // 2)
    assert (folder / FILE_NAME).stat().st_size <= MEGABYTE + 4096


def test_a_smaller_limit_gives_the_room_back(tmp_path: Path) -> None:
    with closing(AnswerStore(tmp_path, max_bytes=5 * MEGABYTE)) as store:
        for number in range(40):
            store.put(str(number), "x" * 100_000)
    with closing(AnswerStore(tmp_path, max_bytes=MEGABYTE)) as store:
        store.put("one more", "x")
    assert (tmp_path / FILE_NAME).stat().st_size <= MEGABYTE + 4096


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name]) for name in "abc"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert state_of(tmp_path, max_bytes=50 * MEGABYTE).answers == 600


def test_what_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    assert state_of(tmp_path / "none", max_bytes=MEGABYTE).answers == 0
    assert clear(tmp_path / "none", max_bytes=MEGABYTE).answers == 0
    assert not (tmp_path / "none").exists()


def test_clearing_lets_go_of_everything(tmp_path: Path) -> None:
    with closing(AnswerStore(tmp_path, max_bytes=MEGABYTE)) as store:
        store.put("a", "x" * 300_000)
    assert clear(tmp_path, max_bytes=MEGABYTE).answers == 1
    assert state_of(tmp_path, max_bytes=MEGABYTE).answers == 0
    assert (tmp_path / FILE_NAME).stat().st_size < 100_000


def test_a_broken_file_is_said_and_cleared(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is no database " * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        AnswerStore(tmp_path, max_bytes=MEGABYTE)
    clear(tmp_path, max_bytes=MEGABYTE)
    with closing(AnswerStore(tmp_path, max_bytes=MEGABYTE)) as store:
        store.put("a", "one")


def test_another_versions_file_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(sqlite3.DatabaseError, match="another version"):
        AnswerStore(tmp_path, max_bytes=MEGABYTE)


def test_a_folder_that_is_none_is_not_an_empty_store(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(NotADirectoryError):
        state_of(file, max_bytes=MEGABYTE)
    with pytest.raises(NotADirectoryError):
        clear(file, max_bytes=MEGABYTE)


def test_nothing_is_ever_unpickled() -> None:
    code = (
        "import sys; import modelforge.cache.cache;"
        "import modelforge.cache.store as s; print(hasattr(s, 'pickle'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    source = Path(sys.modules["modelforge.cache.store"].__file__ or "").parent
    assert not [path for path in source.glob("*.py") if "pickle" in path.read_text()]
