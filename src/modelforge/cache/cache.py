"""The store behind a thread of its own: nobody's answer waits for the disk."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from modelforge.cache.kept_answer import KeptAnswer
from modelforge.cache.store import AnswerStore

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class AnswerCache:
    """Answers by key, in the store in ``folder``.

    Whatever is wrong with the store is said once, as a warning; from then on nothing is found and
    nothing is kept, and no request fails for it. The file is opened by the first use.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._store: AnswerStore | None = None
        self._broken = False
        self._closed = False
        # One thread: it owns the connection, and what is kept is found by who asks after it.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="answer-cache")

    async def get(self, key: str) -> KeptAnswer | None:
        """The answer kept under ``key``, if there is one."""
        loop = asyncio.get_running_loop()
        text = await loop.run_in_executor(
            self._thread, self._try, lambda store: store.get(key), None
        )
        return None if text is None else KeptAnswer.from_json(text)

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Have ``answer`` kept; returns at once, and ``close`` waits until it is done."""
        self._thread.submit(self._try, lambda store: store.put(key, answer.to_json()), None)

    def close(self) -> None:
        """Finish what is to be kept; may be called again."""
        if self._closed:
            return
        self._closed = True
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _try(self, action: Callable[[AnswerStore], _T], otherwise: _T) -> _T:
        if self._broken:
            return otherwise
        try:
            if self._store is None:
                self._store = AnswerStore(self._folder, max_bytes=self._max_bytes)
            return action(self._store)
        except (sqlite3.Error, OSError, ValueError) as error:
            self._broken = True
            reason = getattr(error, "strerror", None) or error
            _log.warning(
                "modelforge: the cache in %r cannot be used (%s) and is left out; look at it with:"
                " modelforge cache info",
                str(self._folder),
                reason,
            )
            return otherwise

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
