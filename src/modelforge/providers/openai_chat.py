"""The OpenAI chat completions protocol.

Source: the OpenAI API reference, "Create chat completion" and "The chat completion chunk object",
and the fields that servers speaking it add: ``reasoning_content`` (DeepSeek, vLLM, llama.cpp),
``reasoning`` and ``cache_write_tokens`` (OpenRouter), content parts (Mistral),
``prompt_cache_hit_tokens`` (DeepSeek).
"""

from __future__ import annotations

from collections.abc import Mapping

from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.providers.codec import AnswerDecoder, EncodedRequest
from modelforge.providers.json_shape import error_text_of
from modelforge.providers.openai_chat_answer import OpenAIChatBody, OpenAIChatStream
from modelforge.providers.openai_chat_request import ChatDialect, request_body


class OpenAIChat:
    """The codec of ``POST /chat/completions``."""

    listing_path = "/models"

    def __init__(self, dialect: ChatDialect | None = None) -> None:
        self._dialect = dialect or ChatDialect()

    def encode(self, model: str, prompt: Prompt, generation: Generation) -> EncodedRequest:
        """The request body; a setting that is None is left out, ``extra`` is laid over the rest.

        A JSON schema is sent as a strict one, which the server must follow or refuse.
        """
        return EncodedRequest(
            path="/chat/completions",
            body=request_body(model, prompt.messages, generation, self._dialect),
        )

    def headers(self, api_key: str | None) -> Mapping[str, str]:
        """A bearer token."""
        return {} if api_key is None else {"Authorization": f"Bearer {api_key}"}

    def stream_decoder(self) -> AnswerDecoder:
        """A reader of ``chat.completion.chunk`` events."""
        return OpenAIChatStream()

    def body_decoder(self) -> AnswerDecoder:
        """A reader of one ``chat.completion`` object."""
        return OpenAIChatBody()

    def error_message(self, body: bytes) -> str | None:
        """``error.message``, ``error``, ``message`` or ``detail``: the shapes servers send."""
        return error_text_of(body)
