"""The shape of a configuration."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from modelforge.core.address import http_url, variable_name

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110, section 5.6.2


def _listed(names: Any) -> Any:
    return (names,) if isinstance(names, str) else names


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.match(name):
            raise ValueError("a header's name holds a character that it may not")
        if not value.isprintable() or not value.isascii():
            raise ValueError("a header's value must be printable ASCII on one line")
    return headers


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 (what pydantic turns into its own)
    return value


class _Table(BaseModel):
    # A table's validator is built with that of the settings that hold it, and no second time.
    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True
    )


class RateSettings(_Table):
    """Prices of one model, US dollars per million tokens."""

    input: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
    output: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
    cache_read: Annotated[Decimal | None, Field(ge=0, allow_inf_nan=False)] = None
    cache_write: Annotated[Decimal | None, Field(ge=0, allow_inf_nan=False)] = None
    reasoning: Annotated[Decimal | None, Field(ge=0, allow_inf_nan=False)] = None


class ProviderSettings(_Table):
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

    protocol: Literal["openai", "openai-responses", "anthropic", "google"] = "openai"
    base_url: Annotated[str, AfterValidator(http_url)] | None = None
    api_key_env: Annotated[
        tuple[Annotated[str, AfterValidator(variable_name)], ...], BeforeValidator(_listed)
    ] = ()
    max_concurrency: Annotated[int, Field(ge=1, le=65536)] = 32
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = {}
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: Literal["seed", "random_seed"] = "seed"
    stream_options: bool = True
    prices: dict[str, RateSettings] = {}
    _stored_key: str | None = PrivateAttr(default=None)

    @property
    def stored_key(self) -> str | None:
        """A key kept by an earlier command, for when no variable is set; never configured here."""
        return self._stored_key

    def with_stored_key(self, key: str | None) -> Self:
        """These settings with ``key`` as the stored one, in memory only."""
        copy = self.model_copy()
        copy._stored_key = key  # noqa: SLF001 (of this very class)
        return copy


_Seconds = Annotated[float, BeforeValidator(_no_flag), Field(gt=0, allow_inf_nan=False)]


class CompareSettings(_Table):
    """The ``[compare]`` table: what a comparison does unless told otherwise."""

    timeout_s: _Seconds = 120.0
    first_token_timeout_s: _Seconds | None = None
    idle_timeout_s: _Seconds | None = None
    max_retries: Annotated[int, Field(ge=0)] = 2
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    repeats: Annotated[int, Field(ge=1)] = 1


class CacheSettings(_Table):
    """The ``[cache]`` table: answers kept from earlier requests.

    Attributes:
        enabled: answer from the cache what was asked before, and keep what is new. Off unless
            asked for: a cached answer is not a measurement.
        refresh: ask everything again and replace what was kept.
        max_mb: the most that is kept, in megabytes; what was not used for longest goes first.
        folder: where answers are kept; by default ``answers`` in the user's cache folder.
    """

    enabled: bool = False
    refresh: bool = False
    max_mb: Annotated[int, BeforeValidator(_no_flag), Field(ge=1, le=1_000_000)] = 512
    folder: Path | None = None


class Settings(_Table):
    """A whole configuration."""

    providers: dict[str, ProviderSettings] = {}
    compare: CompareSettings = CompareSettings()
    cache: CacheSettings = CacheSettings()
