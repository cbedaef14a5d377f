"""How to speak to a provider: its protocol, its credentials, its headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelforge.config.schema import ProviderSettings
from modelforge.providers.codec import ChatCodec
from modelforge.providers.credentials import Redactor, header_secrets, public_headers, read_key


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """What every request to a provider needs.

    ``headers`` carry secrets and are not part of the representation; ``redact`` removes those
    secrets from text. ``public_headers`` are those headers that do not depend on who asks.
    """

    codec: ChatCodec
    headers: Mapping[str, str] = field(repr=False)
    public_headers: Mapping[str, str]
    redact: Redactor = field(repr=False)


def connect(
    provider: str, settings: ProviderSettings, environ: Mapping[str, str] | None = None
) -> Connection:
    """The connection that ``settings`` describe; nothing is sent.

    Raises:
        MissingKey: the provider's key is not in ``environ`` (by default this process's).
    """
    codec = _codec(settings)
    key = read_key(provider, settings.api_key_env, environ, stored=settings.stored_key)
    return Connection(
        codec=codec,
        headers=_laid_over(settings.headers, codec.headers(key)),
        public_headers=_laid_over(public_headers(settings.headers), codec.headers(None)),
        redact=Redactor([key, *header_secrets(settings.headers)]),
    )


def _laid_over(configured: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Both, where the case of a name does not matter: a header sent twice has two meanings."""
    taken = {name.lower() for name in ours}
    kept = {name: value for name, value in configured.items() if name.lower() not in taken}
    return {**kept, **ours}


def _codec(settings: ProviderSettings) -> ChatCodec:
    match settings.protocol:
        case "openai":
            from modelforge.providers.openai_chat import OpenAIChat  # noqa: PLC0415 (one is spoken, and only that one is loaded)
            from modelforge.providers.openai_chat_request import ChatDialect  # noqa: PLC0415 (as above)

            return OpenAIChat(
                ChatDialect(
                    max_tokens_field=settings.max_tokens_field,
                    seed_field=settings.seed_field,
                    stream_options=settings.stream_options,
                )
            )
        case "openai-responses":
            from modelforge.providers.openai_responses import OpenAIResponses  # noqa: PLC0415 (as above)

            return OpenAIResponses()
        case "anthropic":
            from modelforge.providers.anthropic_messages import AnthropicMessages  # noqa: PLC0415 (as above)

            return AnthropicMessages()
        case "google":
            from modelforge.providers.gemini import Gemini  # noqa: PLC0415 (as above)

            return Gemini()
