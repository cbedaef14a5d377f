"""The shape of a configuration.

These are plain values. What people write is checked against them by
`modelforge.config.validation`, which alone loads pydantic: a run of which nothing is configured
does without.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

if TYPE_CHECKING:
    from pathlib import Path

    # What is asked of a value beyond its type.
    from modelforge.config.validation import (
        Address,
        Connections,
        Count,
        Headers,
        Megabytes,
        Price,
        Seconds,
        Temperature,
        Tries,
        VariableNames,
    )

_TABLE: Final = {"extra": "forbid", "hide_input_in_errors": True}
"""How pydantic reads a table: an unknown setting is refused, and a secret is not shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RateSettings:
    """Prices of one model, US dollars per million tokens."""

    __pydantic_config__ = _TABLE

    input: Price
    output: Price
    cache_read: Price | None = None
    cache_write: Price | None = None
    reasoning: Price | None = None


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """One ``[providers.NAME]`` table.

    Attributes:
        protocol: the wire protocol the server speaks.
        base_url: the URL the protocol's paths stand under, without a trailing slash; parts of it
            written ``{NAME}`` are filled from the environment.
        api_key_env: the environment variables that may hold the key, one or a list: the first
            that is set is used. None of them: no key is sent.
        max_concurrency: the most requests in flight at once, over all models of the provider.
        headers: sent with every request; the values of those that are named like a credential
            are treated as secrets.
        max_tokens_field: the request field that bounds the answer's length.
        seed_field: the request field that holds the seed.
        stream_options: whether the server takes the field of that name, with which a stream is
            asked for its usage.
        prices: rates by model name.
    """

    __pydantic_config__ = _TABLE

    protocol: Literal["openai", "openai-responses", "anthropic", "google"] = "openai"
    base_url: Address | None = None
    api_key_env: VariableNames = ()
    max_concurrency: Connections = 32
    headers: Headers = field(default_factory=dict)
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: Literal["seed", "random_seed"] = "seed"
    stream_options: bool = True
    prices: dict[str, RateSettings] = field(default_factory=dict)
    _stored_key: ClassVar[str | None] = None  # no field: it is in no representation and no copy

    @property
    def stored_key(self) -> str | None:
        """A key kept by an earlier command, for when no variable is set; never configured here."""
        return self._stored_key

    def with_stored_key(self, key: str | None) -> Self:
        """These settings with ``key`` as the stored one, in memory only."""
        made = copy.copy(self)
        object.__setattr__(made, "_stored_key", key)  # frozen, and nobody has seen it yet
        return made


@dataclass(frozen=True, kw_only=True, slots=True)
class CompareSettings:
    """The ``[compare]`` table: what a comparison does unless told otherwise."""

    __pydantic_config__ = _TABLE

    timeout_s: Seconds = 120.0
    first_token_timeout_s: Seconds | None = None
    idle_timeout_s: Seconds | None = None
    max_retries: Tries = 2
    max_tokens: Count | None = None
    temperature: Temperature | None = None
    repeats: Count = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class CacheSettings:
    """The ``[cache]`` table: answers kept from earlier requests.

    Attributes:
        enabled: answer from the cache what was asked before, and keep what is new. Off unless
            asked for: a cached answer is not a measurement.
        refresh: ask everything again and replace what was kept.
        max_mb: the most that is kept, in megabytes; what was not used for longest goes first.
        folder: where answers are kept; by default ``answers`` in the user's cache folder.
    """

    __pydantic_config__ = _TABLE

    enabled: bool = False
    refresh: bool = False
    max_mb: Megabytes = 512
    folder: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """A whole configuration."""

    __pydantic_config__ = _TABLE

    providers: dict[str, ProviderSettings] = field(default_factory=dict)
    compare: CompareSettings = field(default_factory=CompareSettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
