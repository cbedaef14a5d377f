"""How to speak to a provider: its protocol, its credentials, its headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelforge.config.schema import ProviderSettings
from modelforge.core.errors import ConfigError
from modelforge.providers.codec import ChatCodec
from modelforge.providers.credentials import Redactor, header_secrets, read_key
from modelforge.providers.openai_chat import OpenAIChat


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """What every request to a provider needs.

    ``headers`` carry secrets and are not part of the representation; ``redact`` removes those
    secrets from text.
    """

    codec: ChatCodec
    headers: Mapping[str, str] = field(repr=False)
    redact: Redactor = field(repr=False)


def connect(
    provider: str, settings: ProviderSettings, environ: Mapping[str, str] | None = None
) -> Connection:
    """The connection that ``settings`` describe; nothing is sent.

    Raises:
        MissingKey: the provider's key is not in ``environ`` (by default this process's).
        ConfigError: its protocol has no codec.
    """
    codec = _codec(provider, settings)
    key = read_key(provider, settings.api_key_env, environ)
    auth = {} if key is None else codec.auth_headers(key)
    return Connection(
        codec=codec,
        headers={**settings.headers, **auth},
        redact=Redactor([key, *header_secrets(settings.headers)]),
    )


def _codec(provider: str, settings: ProviderSettings) -> ChatCodec:
    if settings.protocol != "openai":
        raise ConfigError(
            f"provider {provider!r}: protocol {settings.protocol!r} is not spoken yet; "
            'use its OpenAI-compatible address with protocol = "openai"'
        )
    return OpenAIChat(max_tokens_field=settings.max_tokens_field)
