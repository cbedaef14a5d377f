"""Anthropic's messages.

Source: the Claude API reference, "Create a Message", "List Models" and "Errors".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from modelforge.simulator.answer_plan import AnswerPlan
from modelforge.simulator.anthropic_events import (
    AnthropicEvents,
    anthropic_events,
    error_document,
    message_of,
    stop_reason_of,
)
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.completion_request import CompletionRequest
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

_ROLES: Final = frozenset({"user", "assistant"})


class AnthropicWire:
    """Fills ``Wire`` for ``/v1/messages``. Answers are text: tools that are offered are not called.

    The protocol has no request without ``max_tokens``: here it is a limit, and answers are as
    long as the profile draws them.
    """

    def parse(self, body: bytes) -> CompletionRequest:
        """Fills ``Wire``."""
        document = read_document(body)
        model = read_model(document)
        max_tokens = read_max_tokens(document, "max_tokens")
        if max_tokens is None:
            raise missing("max_tokens")
        return CompletionRequest(
            chat=True,
            model=model,
            prompt=_prompt(document),
            max_tokens=max_tokens,
            at_most=True,
            stream=read_flag(document, "stream"),
        )

    def events(self, model: str, *, chunked: bool) -> AnthropicEvents:
        """Fills ``Wire``."""
        return anthropic_events(model, chunked=chunked)

    def answer(self, model: str, plan: AnswerPlan, created: int) -> dict[str, Any]:  # noqa: ARG002 (another API's says it)
        """Fills ``Wire``."""
        content = [{"type": "text", "text": plan.text}]
        return message_of(model, plan, content=content, stop_reason=stop_reason_of(plan))

    def error(self, error: ApiError) -> dict[str, Any]:
        """Fills ``Wire``."""
        return error_document(error)

    def models(self, names: Iterable[str]) -> dict[str, Any]:
        """Fills ``Wire``: all of them on one page."""
        data = [self.model(name) for name in names]
        return {
            "data": data,
            "has_more": False,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
        }

    def model(self, name: str) -> dict[str, Any]:
        """Fills ``Wire``."""
        return {
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": "1970-01-01T00:00:00Z",
        }


def _prompt(document: dict[str, Any]) -> str:
    """The system text, which stands apart in this API, and the messages."""
    system = document.get("system")
    lines = [] if system is None else [_text(system, "system")]
    messages = read_messages(document)
    for index, message in enumerate(messages):
        param = f"messages[{index}]"
        role = read_role(message, _ROLES, param)
        content = message.get("content")
        if content is None:
            raise missing(f"{param}.content")
        unfinished = role == "assistant" and index == len(messages) - 1
        if content in ("", []) and not unfinished:
            raise wrong(f"{param}.content", "not empty, but for an assistant's last message")
        lines.append(_text(content, f"{param}.content"))
    return "\n".join(lines)


def _text(content: Any, param: str) -> str:
    """The text of a string or of blocks, what tools have answered included."""
    if isinstance(content, str):
        return content
    lines = []
    for index, block in enumerate(read_parts(content, param)):
        where = f"{param}[{index}]"
        match block.get("type"):
            case "text":
                lines.append(read_text(block, where))
            case "tool_result":
                lines.append(_text(block.get("content", ""), f"{where}.content"))
            case str():
                pass  # pictures, documents and calls count for nothing
            case _:
                raise wrong(f"{where}.type", "the name of a kind of block")
    return "\n".join(lines)
