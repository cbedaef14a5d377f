"""The Gemini protocol.

Source: the Gemini API reference, "Generating content" (``generateContent``,
``streamGenerateContent``, ``GenerationConfig``, ``FinishReason``, ``UsageMetadata``), and the
guides "Function calling", "Thought Signatures", "Structured outputs", "Image understanding" and
"Gemini thinking".
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.providers.codec import AnswerDecoder, EncodedRequest
from modelforge.providers.gemini_answer import GeminiBody, GeminiStream
from modelforge.providers.gemini_request import request_body
from modelforge.providers.json_shape import error_text_of


class Gemini:
    """The codec of ``POST /models/MODEL:generateContent`` and ``:streamGenerateContent``."""

    listing_path = "/models?pageSize=1000"

    def encode(self, model: str, prompt: Prompt, generation: Generation) -> EncodedRequest:
        """The path names the model, with or without the ``models/`` of Google's own lists.

        All system turns go into its one ``systemInstruction``, and neighbours of one role become
        one turn. A call that is repeated to the model carries the published signature for calls
        without their own, since signatures are not kept. ``extra`` is laid over the body, and over
        ``generationConfig`` key by key.

        Raises:
            PromptError: a picture in a system or tool turn, a tool's answer to an unknown call, or
                a call whose arguments are not a JSON object.
        """
        method = "streamGenerateContent?alt=sse" if generation.stream else "generateContent"
        name = quote(model.removeprefix("models/"), safe="", errors="replace")
        return EncodedRequest(
            path=f"/models/{name}:{method}", body=request_body(prompt, generation)
        )

    def headers(self, api_key: str | None) -> Mapping[str, str]:
        """The key."""
        return {} if api_key is None else {"x-goog-api-key": api_key}

    def stream_decoder(self) -> AnswerDecoder:
        """A reader of the response's pieces; a body that ends without a reason was cut."""
        return GeminiStream()

    def body_decoder(self) -> AnswerDecoder:
        """A reader of one response."""
        return GeminiBody()

    def error_message(self, body: bytes) -> str | None:
        """``error.message``, also of the list that the streaming method answers with."""
        return error_text_of(body)
