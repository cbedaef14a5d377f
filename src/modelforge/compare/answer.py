"""One request, from the moment it is due to its last token or its failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from io import StringIO
from typing import Final

from modelforge.compare.deadlines import Deadlines
from modelforge.compare.gate import Turn
from modelforge.compare.retrying import PayAgain, RetryingModel, RetryPolicy
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

_ONCE: Final = RetryPolicy()
_NO_DEADLINES: Final = Deadlines()

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A response, whole when ``error`` is None, otherwise as much as had arrived.

    ``response`` is None when the request was never sent; ``retries`` counts how often it was sent
    again.
    """

    response: Response | None
    error: ModelForgeError | None
    retries: int = 0


async def ask(
    model: ChatModel,
    prompt: Prompt,
    generation: Generation,
    *,
    due_s: float,
    timeout_s: float,
    clock: Clock,
    repeat: int = 0,
    policy: RetryPolicy = _ONCE,
    deadlines: Deadlines = _NO_DEADLINES,
    turn: Turn | None = None,
    pay_again: PayAgain | None = None,
) -> Answer:
    """Ask and gather what arrives; a failure is an answer too and is never raised.

    ``timeout_s`` bounds all of it; ``policy`` says whether a failed request is sent again within
    that time. ``turn`` has been taken; each further request waits for it anew, and is paid with
    ``pay_again``.

    A cancelled request is an answer with the error ``Interrupted``: what had arrived is kept, and
    the caller's own cancellation goes on.
    """
    asking = RetryingModel(
        model,
        policy=policy,
        deadlines=deadlines,
        deadline_s=clock() + timeout_s,
        clock=clock,
        turn=turn,
        pay_again=pay_again,
    )
    gathered = Gathered(due_s=due_s)
    error: ModelForgeError | None = None
    try:
        async with (
            asyncio.timeout(timeout_s),
            aclosing(asking.stream(prompt, generation, repeat=repeat)) as arrivals,
        ):
            async for arrival in arrivals:
                gathered.add(arrival)
    except TimeoutError:
        error = _timed_out(asking, timeout_s, begun=gathered.begun)
    except asyncio.CancelledError:
        error = Interrupted("stopped before the answer was complete")
    except (NotRecorded, LocalServerFailed) as failure:  # nothing was sent
        return Answer(response=None, error=failure)
    except ModelForgeError as failure:
        error = failure
    except Exception as failure:  # noqa: BLE001 (one model's defect must not end the others)
        _log.debug("unexpected failure of %s", model.id, exc_info=True)
        error = unexpected(failure)
    ended_s = None
    if error is not None:
        ended_s = clock() if asking.failed_s is None else asking.failed_s
    return Answer(
        response=gathered.response(model, sent_s=asking.sent_s, failed_s=ended_s),
        error=error,
        retries=asking.retries,
    )


def recalled(model: ChatModel, arrival: Arrival, *, due_s: float) -> Answer:
    """The answer that ``model`` kept, whole in one ``arrival``; nothing was sent for it."""
    gathered = Gathered(due_s=due_s)
    gathered.add(arrival)
    return Answer(response=gathered.response(model, sent_s=due_s, failed_s=None), error=None)


def _timed_out(asking: RetryingModel, timeout_s: float, *, begun: bool) -> ModelForgeError:
    if asking.failure is not None and asking.failed_s is not None:
        return asking.told(asking.failure)  # it waited to be asked again
    missing = "no complete answer" if begun else "no first token"
    late = f"{missing} within {timeout_s:g} s; allow more with --timeout"
    return asking.told(TimedOut(late))


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

    def __init__(self, *, due_s: float) -> None:
        self._due_s = due_s
        self._first_token_s: float | None = None
        self._sent_s: float | None = None
        self._last_s: float | None = None
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

    def response(self, model: ChatModel, *, sent_s: float, failed_s: float | None) -> Response:
        """What has arrived, without ``model``'s secrets.

        ``sent_s`` is when it was sent, unless an arrival said it; ``failed_s`` when it broke off.
        """
        reason = self._finish_reason
        if self._sent_s is not None:
            sent_s = self._sent_s
        done_s = failed_s
        if done_s is None:
            done_s = sent_s if self._last_s is None else self._last_s
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
                sent_s=sent_s,
                first_token_s=self._first_token_s,
                done_s=done_s if self._timed else None,
            ),
            recalled=self._recalled,
        )
