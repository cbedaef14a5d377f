"""One request, from the moment it is due to its last token or its failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from modelforge.core.errors import Interrupted, ModelForgeError, RequestError, TimedOut
from modelforge.core.events import (
    Arrival,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from modelforge.core.generation import Generation
from modelforge.core.ports import ChatModel, Clock
from modelforge.core.prompt import Prompt, ToolCall
from modelforge.core.response import Response, Timing
from modelforge.core.usage import Usage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A response, whole when ``error`` is None, otherwise as much as had arrived.

    ``response`` is None when the request was never sent.
    """

    response: Response | None
    error: ModelForgeError | None


async def ask(
    model: ChatModel,
    prompt: Prompt,
    generation: Generation,
    *,
    due_s: float,
    timeout_s: float,
    clock: Clock,
) -> Answer:
    """Ask once and gather what arrives; a failure is an answer too and is never raised.

    A cancelled request is an answer with the error ``Interrupted``: what had arrived is kept, and
    the caller's own cancellation goes on.
    """
    gathered = _Gathered(due_s=due_s, sent_s=clock(), streamed=generation.stream)
    error: ModelForgeError | None = None
    try:
        async with asyncio.timeout(timeout_s):
            async for arrival in model.stream(prompt, generation):
                gathered.add(arrival)
    except TimeoutError:
        missing = "no complete answer" if gathered.begun else "no first token"
        error = TimedOut(f"{missing} within {timeout_s:g} s; allow more with --timeout")
    except asyncio.CancelledError:
        error = Interrupted("stopped before the answer was complete")
    except RequestError as failure:
        error = failure
    except Exception as failure:  # noqa: BLE001 (one model's defect must not end the others)
        _log.debug("unexpected failure of %s", model.id, exc_info=True)
        error = ModelForgeError(f"unexpected {type(failure).__name__}: {failure}")
    return Answer(response=gathered.response(model, clock() if error else None), error=error)


class _ToolCallPieces:
    """What has arrived of one tool call."""

    def __init__(self) -> None:
        self._id = ""
        self._name = ""
        self._arguments: list[str] = []

    def add(self, delta: ToolCallDelta) -> None:
        self._id = delta.id or self._id
        self._name = delta.name or self._name
        self._arguments.append(delta.arguments)

    def call(self, redact: Callable[[str], str]) -> ToolCall:
        return ToolCall(
            id=self._id, name=redact(self._name), arguments=redact("".join(self._arguments))
        )


class _Gathered:
    """What has arrived of one answer."""

    def __init__(self, *, due_s: float, sent_s: float, streamed: bool) -> None:
        self._due_s = due_s
        self._sent_s = sent_s
        self._streamed = streamed
        self._first_token_s: float | None = None
        self._last_s = sent_s
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._tool_calls: dict[int, _ToolCallPieces] = {}
        self._usage = Usage()
        self._finish_reason: str | None = None

    @property
    def begun(self) -> bool:
        return self._first_token_s is not None

    @property
    def _generated(self) -> bool:
        return bool(self._text or self._reasoning or self._refusal or self._tool_calls)

    def add(self, arrival: Arrival) -> None:
        self._last_s = arrival.at_s
        for event in arrival.events:
            match event:
                case TextDelta():
                    self._text.append(event.text)
                case ReasoningDelta():
                    self._reasoning.append(event.text)
                case RefusalDelta():
                    self._refusal.append(event.text)
                case ToolCallDelta():
                    self._tool_calls.setdefault(event.index, _ToolCallPieces()).add(event)
                case UsageReport():
                    self._usage = event.usage
                case Finish():
                    self._finish_reason = event.reason
        if self._first_token_s is None and self._generated:
            self._first_token_s = arrival.at_s

    def response(self, model: ChatModel, failed_s: float | None) -> Response:
        return Response(
            text=model.redact("".join(self._text)),
            reasoning=model.redact("".join(self._reasoning)),
            refusal=model.redact("".join(self._refusal)),
            tool_calls=tuple(
                self._tool_calls[index].call(model.redact) for index in sorted(self._tool_calls)
            ),
            finish_reason=self._finish_reason,
            usage=self._usage,
            timing=Timing(
                due_s=self._due_s,
                sent_s=self._sent_s,
                first_token_s=self._first_token_s if self._streamed else None,
                done_s=self._last_s if failed_s is None else failed_s,
            ),
        )
