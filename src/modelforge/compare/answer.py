"""One request, from the moment it is due to its last token or its failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Final

from modelforge.core.errors import (
    Interrupted,
    LocalServerFailed,
    ModelForgeError,
    NotRecorded,
    ResponseTooLarge,
    TimedOut,
)
from modelforge.core.events import (
    Arrival,
    Finish,
    ReasoningDelta,
    Recalled,
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

MAX_ANSWER_CHARS: Final = 16 * 2**20
"""The longest answer, reasoning included, that is gathered."""

MAX_REASON_CHARS: Final = 100

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
    repeat: int = 0,
) -> Answer:
    """Ask once and gather what arrives; a failure is an answer too and is never raised.

    A cancelled request is an answer with the error ``Interrupted``: what had arrived is kept, and
    the caller's own cancellation goes on.
    """
    gathered = Gathered(due_s=due_s, sent_s=clock())
    error: ModelForgeError | None = None
    try:
        async with asyncio.timeout(timeout_s):
            async for arrival in model.stream(prompt, generation, repeat=repeat):
                gathered.add(arrival)
    except TimeoutError:
        missing = "no complete answer" if gathered.begun else "no first token"
        error = TimedOut(f"{missing} within {timeout_s:g} s; allow more with --timeout")
    except asyncio.CancelledError:
        error = Interrupted("stopped before the answer was complete")
    except (NotRecorded, LocalServerFailed) as failure:  # nothing was sent
        return Answer(response=None, error=failure)
    except ModelForgeError as failure:
        error = failure
    except Exception as failure:  # noqa: BLE001 (one model's defect must not end the others)
        _log.debug("unexpected failure of %s", model.id, exc_info=True)
        error = unexpected(failure)
    return Answer(response=gathered.response(model, clock() if error else None), error=error)


def unexpected(failure: Exception) -> ModelForgeError:
    """The error that a model's own defect stands for."""
    return ModelForgeError(f"unexpected {type(failure).__name__}: {failure}")


class _ToolCallPieces:
    """What has arrived of one tool call."""

    def __init__(self) -> None:
        self._id = ""
        self._name = ""
        self._arguments = StringIO()

    def add(self, delta: ToolCallDelta) -> None:
        self._id = delta.id or self._id
        self._name = delta.name or self._name
        self._arguments.write(delta.arguments)

    def call(self, redact: Callable[[str], str]) -> ToolCall:
        return ToolCall(
            id=self._id, name=redact(self._name), arguments=redact(self._arguments.getvalue())
        )


class Gathered:
    """What has arrived of one answer."""

    def __init__(self, *, due_s: float, sent_s: float) -> None:
        self._due_s = due_s
        self._sent_s = sent_s
        self._first_token_s: float | None = None
        self._last_s = sent_s
        self._timed = True
        self._text = StringIO()
        self._reasoning = StringIO()
        self._refusal = StringIO()
        self._tool_calls: dict[int, _ToolCallPieces] = {}
        self._room = MAX_ANSWER_CHARS
        self._usage = Usage()
        self._finish_reason: str | None = None
        self._recalled: Recalled | None = None

    @property
    def begun(self) -> bool:
        """Whether a first piece of it has arrived."""
        return self._room < MAX_ANSWER_CHARS

    def add(self, arrival: Arrival) -> None:
        """Take what arrived.

        Raises:
            ResponseTooLarge: the answer is longer than is gathered.
        """
        self._take_moments(arrival)
        for event in arrival.events:
            match event:
                case TextDelta():
                    self._add_text(self._text, event.text)
                case ReasoningDelta():
                    self._add_text(self._reasoning, event.text)
                case RefusalDelta():
                    self._add_text(self._refusal, event.text)
                case ToolCallDelta():
                    # One more for a call that brings no arguments: it is a piece of the answer.
                    self._take_room(len(event.arguments) + 1)
                    self._tool_calls.setdefault(event.index, _ToolCallPieces()).add(event)
                case UsageReport():
                    self._usage = event.usage
                case Finish():
                    self._finish_reason = event.reason
        if self._first_token_s is None and self.begun and not arrival.whole:
            self._first_token_s = arrival.at_s

    def _take_moments(self, arrival: Arrival) -> None:
        if arrival.at_s is None:
            self._timed = False
        else:
            self._last_s = arrival.at_s
        self._recalled = arrival.recalled or self._recalled
        if arrival.sent_s is not None:
            self._sent_s = arrival.sent_s

    def _add_text(self, onto: StringIO, text: str) -> None:
        self._take_room(len(text))
        onto.write(text)

    def _take_room(self, characters: int) -> None:
        self._room -= characters
        if self._room < 0:
            raise ResponseTooLarge(
                f"the answer passed {MAX_ANSWER_CHARS:,} characters and was abandoned;"
                " bound it with --max-tokens"
            )

    def response(self, model: ChatModel, failed_s: float | None) -> Response:
        """What has arrived, without ``model``'s secrets; ``failed_s`` is when it broke off."""
        reason = self._finish_reason
        done_s = self._last_s if failed_s is None else failed_s
        return Response(
            text=model.redact(self._text.getvalue()),
            reasoning=model.redact(self._reasoning.getvalue()),
            refusal=model.redact(self._refusal.getvalue()),
            tool_calls=tuple(
                self._tool_calls[index].call(model.redact) for index in sorted(self._tool_calls)
            ),
            finish_reason=reason and model.redact(reason)[:MAX_REASON_CHARS],
            usage=self._usage,
            timing=Timing(
                due_s=self._due_s,
                sent_s=self._sent_s,
                first_token_s=self._first_token_s,
                done_s=done_s if self._timed else None,
            ),
            recalled=self._recalled,
        )
