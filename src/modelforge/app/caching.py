"""The cache of answers as a use case: put in front of models, looked at, cleared."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from modelforge.cache.cache import AnswerCache
from modelforge.cache.key import RequestIdentity
from modelforge.cache.model import CachedModel
from modelforge.cache.store import clear, state_of
from modelforge.config.schema import CacheSettings, ProviderSettings
from modelforge.core.errors import ModelForgeError
from modelforge.core.generation import Generation
from modelforge.core.ports import ChatModel, Clock
from modelforge.core.prompt import Prompt
from modelforge.providers.connection import Connection
from modelforge.providers.http_model import HttpChatModel

_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheState:
    """What the cache holds, and where; sizes in bytes."""

    folder: Path
    enabled: bool
    answers: int
    size_bytes: int
    max_bytes: int


class OpenCache:
    """A cache that is open, to be put in front of models."""

    def __init__(self, cache: AnswerCache, *, refresh: bool, clock: Clock) -> None:
        self._cache = cache
        self._refresh = refresh
        self._clock = clock

    def before(
        self,
        model: HttpChatModel,
        *,
        endpoint: str,
        settings: ProviderSettings,
        connection: Connection,
    ) -> ChatModel:
        """``model`` behind the cache; ``endpoint`` stands for where its requests go."""

        def identify(prompt: Prompt, generation: Generation) -> RequestIdentity:
            request = model.encode(prompt, generation)
            return RequestIdentity(
                protocol=settings.protocol,
                endpoint=endpoint,
                provider=model.id.provider,
                model=model.id.model,
                path=request.path,
                body=request.body,
                stream=generation.stream,
                headers=connection.public_headers,
            )

        return CachedModel(
            model,
            cache=self._cache,
            identify=identify,
            clock=self._clock,
            refresh=self._refresh,
        )


@contextmanager
def open_cache(settings: CacheSettings, clock: Clock) -> Iterator[OpenCache | None]:
    """The cache that is configured; None when it is off."""
    if not settings.enabled:
        yield None
        return
    cache = AnswerCache(cache_folder(settings), max_bytes=settings.max_mb * _MEGABYTE)
    try:
        yield OpenCache(cache, refresh=settings.refresh, clock=clock)
    finally:
        cache.close()


def cache_folder(settings: CacheSettings) -> Path:
    """Where answers are kept (``XDG_CACHE_HOME`` is honoured)."""
    if settings.folder is not None:
        return settings.folder.expanduser()
    return user_cache_path("modelforge", appauthor=False) / "answers"


def cache_state(settings: CacheSettings) -> CacheState:
    """What the cache holds.

    Raises:
        ModelForgeError: it cannot be read.
    """
    folder, max_bytes = cache_folder(settings), settings.max_mb * _MEGABYTE
    try:
        found = state_of(folder, max_bytes=max_bytes)
    except (sqlite3.Error, OSError) as error:
        raise ModelForgeError(
            f"cannot read the cache in {folder}: {_reason(error)}; if it is broken,"
            " modelforge cache clear starts it anew"
        ) from None
    return CacheState(
        folder=folder,
        enabled=settings.enabled,
        answers=found.answers,
        size_bytes=found.size_bytes,
        max_bytes=max_bytes,
    )


def clear_cache(settings: CacheSettings) -> CacheState:
    """Let go of every answer; what the cache held before.

    Raises:
        ModelForgeError: it cannot be cleared.
    """
    folder, max_bytes = cache_folder(settings), settings.max_mb * _MEGABYTE
    try:
        held = clear(folder, max_bytes=max_bytes)
    except (sqlite3.Error, OSError) as error:
        raise ModelForgeError(
            f"cannot clear the cache in {folder}: {_reason(error)}; see who holds or owns it, then"
            " clear it again"
        ) from None
    return CacheState(
        folder=folder,
        enabled=settings.enabled,
        answers=held.answers,
        size_bytes=held.size_bytes,
        max_bytes=max_bytes,
    )


def _reason(error: Exception) -> object:
    return getattr(error, "strerror", None) or error
