"""A complete answer as it is kept, and as it comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from modelforge.core.events import (
    Arrival,
    ChatEvent,
    Finish,
    ReasoningDelta,
    Recalled,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from modelforge.core.prompt import ToolCall
from modelforge.core.response import Response
from modelforge.core.usage import Usage

_LATER: Final = {"cache_write_1h_tokens", "input_audio_tokens", "output_audio_tokens"}


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptAnswer:
    """A complete answer and when it was given; ``recalled`` is what is said of it later."""

    text: str
    reasoning: str
    refusal: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str | None
    usage: Usage
    recalled: Recalled

    @classmethod
    def of(cls, response: Response, asked_at: datetime) -> KeptAnswer:
        """The answer to a request that was sent at ``asked_at`` (with a time zone)."""
        return cls(
            text=response.text,
            reasoning=response.reasoning,
            refusal=response.refusal,
            tool_calls=response.tool_calls,
            finish_reason=response.finish_reason,
            usage=response.usage,
            recalled=Recalled(
                asked_at=asked_at,
                latency_s=response.timing.latency_s,
                first_token_s=response.timing.ttft_s,
            ),
        )

    def arrival(self, at_s: float) -> Arrival:
        """The whole answer at once."""
        return Arrival(at_s=at_s, events=tuple(self._events()), whole=True, recalled=self.recalled)

    def _events(self) -> Iterator[ChatEvent]:
        if self.reasoning:
            yield ReasoningDelta(text=self.reasoning)
        if self.text:
            yield TextDelta(text=self.text)
        if self.refusal:
            yield RefusalDelta(text=self.refusal)
        for index, call in enumerate(self.tool_calls):
            yield ToolCallDelta(index=index, id=call.id, name=call.name, arguments=call.arguments)
        yield UsageReport(usage=self.usage)
        if self.finish_reason is not None:
            yield Finish(reason=self.finish_reason)

    def to_json(self) -> str:
        """One line of ASCII."""
        document = asdict(self)
        recalled = document.pop("recalled")
        document["asked_at"] = recalled.pop("asked_at").isoformat()
        return json.dumps(document | recalled, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> KeptAnswer | None:
        """What ``to_json`` wrote; None for anything else: the file may be anyone's."""
        try:
            return _answer(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None


def _answer(found: dict[str, Any]) -> KeptAnswer:
    asked_at = datetime.fromisoformat(found["asked_at"])
    if asked_at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return KeptAnswer(
        text=_text(found["text"]),
        reasoning=_text(found["reasoning"]),
        refusal=_text(found["refusal"]),
        tool_calls=tuple(
            ToolCall(
                id=_text(call["id"]), name=_text(call["name"]), arguments=_text(call["arguments"])
            )
            for call in found["tool_calls"]
        ),
        finish_reason=None if found["finish_reason"] is None else _text(found["finish_reason"]),
        usage=_usage(found["usage"]),
        recalled=Recalled(
            asked_at=asked_at,
            latency_s=_seconds(found["latency_s"]),
            first_token_s=_seconds(found["first_token_s"]),
        ),
    )


def _usage(found: dict[str, Any]) -> Usage:
    """Counts that no answer had when this one was kept are unknown."""
    counts = {
        name.name: None if name.name in _LATER and name.name not in found else found[name.name]
        for name in fields(Usage)
    }
    return Usage(**{name: _tokens(value) for name, value in counts.items()})


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _tokens(value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise TypeError("not a number of tokens")
    return value


def _seconds(value: Any) -> float | None:
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
        raise TypeError("not a number of seconds")
    return value
