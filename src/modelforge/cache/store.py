"""Texts by key in an SQLite file that several processes share and that stays within a size."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FILE_NAME: Final = "answers.sqlite3"
_COMPANIONS: Final = ("", "-wal", "-shm", "-journal")
_PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_SCHEMA: Final = 1
_WAIT_S: Final = 2.0
"""So long another process may hold the file; a write takes it a millisecond."""
_LOG_BYTES: Final = 4 * 2**20

_CREATE: Final = (
    "CREATE TABLE answers (key TEXT PRIMARY KEY, answer TEXT NOT NULL, used INTEGER NOT NULL)",
    "CREATE INDEX by_use ON answers (used)",
    f"PRAGMA user_version = {_SCHEMA}",
)
# A count of uses and no clock: two processes agree on it, and it never goes back.
_NEXT_USE: Final = "(SELECT coalesce(max(used), 0) + 1 FROM answers)"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreState:
    """How much a store holds."""

    answers: int
    size_bytes: int


class AnswerStore:
    """One connection to the file in ``folder``, which is created when it is not there.

    Belongs to the thread that made it. The file and its folder are the user's alone (0600, 0700).

    Raises:
        sqlite3.Error, OSError: here and from every method: the file is none, is held by another
            process, or cannot be written.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        path = folder / FILE_NAME
        # SQLite gives its log the mode of the file it belongs to.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE))
        path.chmod(_PRIVATE)
        self._connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
        try:
            _patiently(self._set_up)
            self._page_bytes: int = self._one("PRAGMA page_size")
        except BaseException:
            self._connection.close()
            raise

    def get(self, key: str) -> str | None:
        """What is kept under ``key``, which becomes the one used last."""
        row = self._connection.execute(
            "SELECT answer FROM answers WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        self._connection.execute(f"UPDATE answers SET used = {_NEXT_USE} WHERE key = ?", (key,))  # noqa: S608 (a constant)
        return str(row[0])

    def put(self, key: str, answer: str) -> None:
        """Keep ``answer``, and let go of what was not used for longest until all fits again.

        An answer that would fill the whole store is not kept.
        """
        if len(answer) > self._max_bytes // 2:
            return
        with self._writing():
            self._connection.execute(
                f"INSERT OR REPLACE INTO answers VALUES (?, ?, {_NEXT_USE})",  # noqa: S608 (a constant)
                (key, answer),
            )
            while self._used_bytes() > self._max_bytes:
                self._connection.execute(
                    "DELETE FROM answers WHERE rowid = (SELECT rowid FROM answers ORDER BY used)"
                )
        self._shrink()

    def clear(self) -> None:
        """Let go of everything."""
        with self._writing():
            self._connection.execute("DELETE FROM answers")
        self._shrink()

    def state(self) -> StoreState:
        """How much is kept now."""
        count = self._one("SELECT count(*) FROM answers")
        return StoreState(answers=count, size_bytes=self._used_bytes())

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _set_up(self) -> None:
        run = self._connection.execute
        run("PRAGMA auto_vacuum = INCREMENTAL")
        if self._one("PRAGMA journal_mode") != "wal":
            run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        run(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
        with self._writing():
            version = self._one("PRAGMA user_version")
            if version == 0:
                for statement in _CREATE:
                    run(statement)
            elif version != _SCHEMA:
                raise sqlite3.DatabaseError(f"written by another version of ModelForge ({version})")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _used_bytes(self) -> int:
        pages = self._one("PRAGMA page_count") - self._one("PRAGMA freelist_count")
        return int(pages * self._page_bytes)

    def _shrink(self) -> None:
        """Give back what the file holds beyond its size: when the limit came down, or all went."""
        room = self._max_bytes // self._page_bytes
        surplus = self._one("PRAGMA page_count") - room
        spare = self._one("PRAGMA freelist_count")
        if self._one("SELECT count(*) FROM (SELECT 1 FROM answers LIMIT 1)") == 0:
            surplus = spare
        if surplus > 0 and spare > 0:
            # A script: execute() takes one step of such a statement, and a step is one page.
            self._connection.executescript(f"PRAGMA incremental_vacuum({min(surplus, spare)})")

    def _one(self, statement: str) -> Any:
        return self._connection.execute(statement).fetchone()[0]


def state_of(folder: Path, *, max_bytes: int) -> StoreState:
    """What the store in ``folder`` holds; nothing is created where there is none.

    Raises:
        sqlite3.Error, OSError: it cannot be read.
    """
    if not _is_there(folder):
        return StoreState(answers=0, size_bytes=0)
    with closing(AnswerStore(folder, max_bytes=max_bytes)) as store:
        return store.state()


def clear(folder: Path, *, max_bytes: int) -> StoreState:
    """Let go of everything in ``folder``, also of a file that is broken; what it held.

    Raises:
        sqlite3.Error, OSError: it cannot be deleted, or another process holds it.
    """
    held = StoreState(answers=0, size_bytes=0)
    if not _is_there(folder):
        return held
    try:
        with closing(AnswerStore(folder, max_bytes=max_bytes)) as store:
            held = store.state()
            store.clear()
    except sqlite3.OperationalError:
        raise  # held by another process, or not ours to write: deleting would not be right
    except sqlite3.DatabaseError:
        for companion in _COMPANIONS:
            (folder / f"{FILE_NAME}{companion}").unlink(missing_ok=True)
    return held


def _is_there(folder: Path) -> bool:
    """Whether ``folder`` has a store; that it is no folder, or may not be seen, is an error."""
    try:
        (folder / FILE_NAME).stat()
    except FileNotFoundError:
        return False
    return True


def _patiently(action: Callable[[], None]) -> None:
    """Run ``action`` until no other process is in its way, for as long as one is waited for.

    SQLite does not wait by itself when two processes switch a new file to a log at once.
    """
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            return action()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.02)
