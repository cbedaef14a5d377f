"""OpenAI's chat completions and completions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from modelforge.simulator.answer_plan import AnswerPlan
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.completion_request import CompletionRequest
from modelforge.simulator.openai_events import (
    OpenAIEvents,
    error_document,
    openai_events,
    usage_of,
)
from modelforge.simulator.request_fields import (
    missing,
    read_document,
    read_flag,
    read_max_tokens,
    read_messages,
    read_model,
    read_parts,
    read_role,
    read_text,
    wrong,
)

_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


class OpenAIWire:
    """Fills ``Wire`` for ``/v1/chat/completions`` or, not ``chat``, ``/v1/completions``."""

    def __init__(self, *, chat: bool) -> None:
        self._chat = chat

    def parse(self, body: bytes) -> CompletionRequest:
        """Fills ``Wire``."""
        document = read_document(body)
        model = read_model(document)
        if document.get("n") not in (None, 1):
            raise ApiError(400, "only one answer a request is simulated: n must be 1", param="n")
        limit = read_max_tokens(document, "max_completion_tokens")
        return CompletionRequest(
            chat=self._chat,
            model=model,
            prompt=_messages(document) if self._chat else _prompt(document),
            max_tokens=limit or read_max_tokens(document, "max_tokens"),
            stream=read_flag(document, "stream"),
            include_usage=_include_usage(document),
        )

    def events(self, model: str, *, chunked: bool) -> OpenAIEvents:
        """Fills ``Wire``."""
        return openai_events(model, chat=self._chat, chunked=chunked)

    def answer(self, model: str, plan: AnswerPlan, created: int) -> dict[str, Any]:
        """Fills ``Wire``."""
        choice: dict[str, Any] = {
            "index": 0,
            "logprobs": None,
            "finish_reason": plan.finish_reason,
        }
        if self._chat:
            choice["message"] = {"role": "assistant", "content": plan.text, "refusal": None}
        else:
            choice["text"] = plan.text
        return {
            "id": f"{'chatcmpl' if self._chat else 'cmpl'}-{plan.id}",
            "object": "chat.completion" if self._chat else "text_completion",
            "created": created,
            "model": model,
            "choices": [choice],
            "usage": usage_of(plan),
        }

    def error(self, error: ApiError) -> dict[str, Any]:
        """Fills ``Wire``."""
        return error_document(error)

    def models(self, names: Iterable[str]) -> dict[str, Any]:
        """Fills ``Wire``."""
        return {"object": "list", "data": [self.model(name) for name in names]}

    def model(self, name: str) -> dict[str, Any]:
        """Fills ``Wire``."""
        return {"id": name, "object": "model", "created": 0, "owned_by": "modelforge"}


def _messages(document: dict[str, Any]) -> str:
    messages = read_messages(document)
    return "\n".join(_message(message, f"messages[{i}]") for i, message in enumerate(messages))


def _message(message: dict[str, Any], param: str) -> str:
    role = read_role(message, _ROLES, param)
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None and role == "assistant":
        return ""
    parts = read_parts(content, f"{param}.content")
    return "\n".join(read_text(part, f"{param}.content[{i}]") for i, part in enumerate(parts))


def _prompt(document: dict[str, Any]) -> str:
    prompt = document.get("prompt")
    if prompt is None:
        raise missing("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise wrong("prompt", "a string, or a list of one string")
    return prompt


def _include_usage(document: dict[str, Any]) -> bool:
    options = document.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise wrong("stream_options", "an object")
    return read_flag(options, "include_usage")
