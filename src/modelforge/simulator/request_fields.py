"""The fields of a request's JSON, each read with a refusal that names it."""

from __future__ import annotations

import json
from typing import Any

from modelforge.simulator.api_error import ApiError
from modelforge.simulator.completion_request import MAX_OUTPUT_TOKENS


def read_document(body: bytes) -> dict[str, Any]:
    """The object that a body is.

    Raises:
        ApiError: 400, it is none; so does every function here where a field is wrong.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(400, "the body is not JSON", code="invalid_json") from None
    if not isinstance(document, dict):
        raise wrong("body", "an object")
    return document


def read_model(document: dict[str, Any]) -> str:
    """``model``."""
    model = document.get("model")
    if not isinstance(model, str) or not model:
        raise missing("model") if model is None else wrong("model", "a string")
    return model


def read_messages(document: dict[str, Any]) -> list[dict[str, Any]]:
    """``messages``: at least one, each an object; what is in them is the protocol's affair."""
    messages = document.get("messages")
    if messages is None:
        raise missing("messages")
    if not isinstance(messages, list) or not messages:
        raise wrong("messages", "a list with at least one message")
    for index, message in enumerate(messages):
        if not isinstance(message, dict):
            raise wrong(f"messages[{index}]", "an object")
    return messages


def read_role(message: dict[str, Any], roles: frozenset[str], param: str) -> str:
    """``role`` of a message, one of ``roles``."""
    role = message.get("role")
    if not isinstance(role, str) or role not in roles:
        raise wrong(f"{param}.role", f"one of {', '.join(sorted(roles))}")
    return role


def read_parts(content: Any, param: str) -> list[dict[str, Any]]:
    """Content that is a list of objects."""
    if not isinstance(content, list):
        raise wrong(param, "a string or a list of parts")
    for index, part in enumerate(content):
        if not isinstance(part, dict):
            raise wrong(f"{param}[{index}]", "an object")
    return content


def read_text(part: dict[str, Any], param: str) -> str:
    """``text`` of a part, empty where it has none."""
    text = part.get("text", "")
    if not isinstance(text, str):
        raise wrong(f"{param}.text", "a string")
    return text


def read_max_tokens(document: dict[str, Any], name: str) -> int | None:
    """A number of tokens that an answer can have."""
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(name, "an integer")
    if not 1 <= value <= MAX_OUTPUT_TOKENS:
        raise wrong(name, f"between 1 and {MAX_OUTPUT_TOKENS}")
    return value


def read_flag(document: dict[str, Any], name: str) -> bool:
    """True or false; false where it is not given."""
    value = document.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong(name, "true or false")
    return bool(value)


def missing(param: str) -> ApiError:
    """A refusal of a request without ``param``."""
    return ApiError(
        400, f"you must provide {param}", param=param, code="missing_required_parameter"
    )


def wrong(param: str, expected: str) -> ApiError:
    """A refusal of a request whose ``param`` is not what is ``expected``."""
    return ApiError(400, f"{param} must be {expected}", param=param, code="invalid_type")
