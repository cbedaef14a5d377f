"""The Anthropic messages protocol.

Source: the Claude API reference, "Create a Message", and the guides "Streaming messages",
"Structured outputs" (``output_config.format``, generally available), "Vision", "Define tools",
"Handling stop reasons", "Handle streaming refusals", "Errors" and "Prompt caching".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.providers.anthropic_answer import AnthropicBody, AnthropicStream
from modelforge.providers.anthropic_request import request_body
from modelforge.providers.codec import AnswerDecoder, EncodedRequest
from modelforge.providers.json_shape import error_text_of

_VERSION: Final = "2023-06-01"


class AnthropicMessages:
    """The codec of ``POST /messages``."""

    listing_path = "/models?limit=1000"

    def encode(self, model: str, prompt: Prompt, generation: Generation) -> EncodedRequest:
        """The request body.

        The protocol requires a limit: ``max_tokens`` is 4096 where the generation names none. All
        system turns go into its one ``system`` text, neighbours of one role become one turn, and
        answers of tools are a user's turn. It has no seed: a seed is left out. ``extra`` is laid
        over the rest, and over ``output_config`` key by key.

        Raises:
            PromptError: a picture in a system turn, a tool's answer to no call, or a call whose
                arguments are not a JSON object.
        """
        return EncodedRequest(path="/messages", body=request_body(model, prompt, generation))

    def headers(self, api_key: str | None) -> Mapping[str, str]:
        """The protocol's version, and the key."""
        version = {"anthropic-version": _VERSION}
        return version if api_key is None else {"x-api-key": api_key, **version}

    def stream_decoder(self) -> AnswerDecoder:
        """A reader of the message's events; a stream without ``message_stop`` was cut."""
        return AnthropicStream()

    def body_decoder(self) -> AnswerDecoder:
        """A reader of one message."""
        return AnthropicBody()

    def error_message(self, body: bytes) -> str | None:
        """``error.message``."""
        return error_text_of(body)
