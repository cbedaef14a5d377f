"""A request for an answer, read and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from modelforge.simulator.api_error import ApiError

MAX_OUTPUT_TOKENS: Final = 131_072
_ROLES: Final = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionRequest:
    """What matters of a request; the fields that change nothing here are not kept.

    ``prompt`` is all its text in order, a line a message. Pictures and sounds count for nothing.
    """

    chat: bool
    model: str
    prompt: str
    max_tokens: int | None
    stream: bool
    include_usage: bool

    @classmethod
    def parse(cls, body: bytes, *, chat: bool) -> CompletionRequest:
        """Read the body of ``/v1/chat/completions`` or, not ``chat``, ``/v1/completions``.

        Raises:
            ApiError: 400, with the parameter at fault.
        """
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            raise ApiError(400, "the body is not JSON", code="invalid_json") from None
        if not isinstance(document, dict):
            raise _wrong("body", "an object")
        model = document.get("model")
        if not isinstance(model, str) or not model:
            raise _missing("model") if model is None else _wrong("model", "a string")
        if document.get("n") not in (None, 1):
            raise ApiError(400, "only one answer a request is simulated: n must be 1", param="n")
        return cls(
            chat=chat,
            model=model,
            prompt=_messages(document) if chat else _prompt(document),
            max_tokens=_max_tokens(document),
            stream=_flag(document, "stream"),
            include_usage=_include_usage(document),
        )


def _messages(document: dict[str, Any]) -> str:
    messages = document.get("messages")
    if messages is None:
        raise _missing("messages")
    if not isinstance(messages, list) or not messages:
        raise _wrong("messages", "a list with at least one message")
    return "\n".join(_message(message, index) for index, message in enumerate(messages))


def _message(message: Any, index: int) -> str:
    param = f"messages[{index}]"
    if not isinstance(message, dict):
        raise _wrong(param, "an object")
    role = message.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise _wrong(f"{param}.role", f"one of {', '.join(sorted(_ROLES))}")
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None and role == "assistant":
        return ""
    if not isinstance(content, list):
        raise _wrong(f"{param}.content", "a string or a list of parts")
    texts = []
    for position, part in enumerate(content):
        if not isinstance(part, dict):
            raise _wrong(f"{param}.content[{position}]", "an object")
        text = part.get("text", "")
        if not isinstance(text, str):
            raise _wrong(f"{param}.content[{position}].text", "a string")
        texts.append(text)
    return "\n".join(texts)


def _prompt(document: dict[str, Any]) -> str:
    prompt = document.get("prompt")
    if prompt is None:
        raise _missing("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if not isinstance(prompt, str):
        raise _wrong("prompt", "a string, or a list of one string")
    return prompt


def _max_tokens(document: dict[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        value = document.get(name)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong(name, "an integer")
        if not 1 <= value <= MAX_OUTPUT_TOKENS:
            raise _wrong(name, f"between 1 and {MAX_OUTPUT_TOKENS}")
        return value
    return None


def _include_usage(document: dict[str, Any]) -> bool:
    options = document.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise _wrong("stream_options", "an object")
    return _flag(options, "include_usage")


def _flag(document: dict[str, Any], name: str) -> bool:
    value = document.get(name)
    if value is not None and not isinstance(value, bool):
        raise _wrong(name, "true or false")
    return bool(value)


def _missing(param: str) -> ApiError:
    return ApiError(
        400, f"you must provide {param}", param=param, code="missing_required_parameter"
    )


def _wrong(param: str, expected: str) -> ApiError:
    return ApiError(400, f"{param} must be {expected}", param=param, code="invalid_type")
