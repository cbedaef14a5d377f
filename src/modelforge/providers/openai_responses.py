"""The OpenAI Responses protocol.

Source: the OpenAI API reference, "Create a model response" and "Streaming events", and the guides
"Streaming API responses", "Function calling" and "Structured model outputs".
"""

from __future__ import annotations

from collections.abc import Mapping

from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.providers.codec import AnswerDecoder, EncodedRequest
from modelforge.providers.json_shape import error_text_of
from modelforge.providers.openai_responses_answer import OpenAIResponsesBody, OpenAIResponsesStream
from modelforge.providers.openai_responses_request import request_body


class OpenAIResponses:
    """The codec of ``POST /responses``."""

    listing_path = "/models"

    def encode(self, model: str, prompt: Prompt, generation: Generation) -> EncodedRequest:
        """The request body.

        All system turns go into its one ``instructions`` text; the server is asked to store
        nothing. It has no seed: a seed is left out. ``extra`` is laid over the rest, and over
        ``text`` key by key.

        Raises:
            PromptError: a picture in a system or assistant turn, or a tool's answer to no call.
            ConfigError: stop sequences, which the protocol does not have.
        """
        return EncodedRequest(path="/responses", body=request_body(model, prompt, generation))

    def headers(self, api_key: str | None) -> Mapping[str, str]:
        """A bearer token."""
        return {} if api_key is None else {"Authorization": f"Bearer {api_key}"}

    def stream_decoder(self) -> AnswerDecoder:
        """A reader of the response's events; a stream without its last event was cut."""
        return OpenAIResponsesStream()

    def body_decoder(self) -> AnswerDecoder:
        """A reader of one response."""
        return OpenAIResponsesBody()

    def error_message(self, body: bytes) -> str | None:
        """``error.message``."""
        return error_text_of(body)
