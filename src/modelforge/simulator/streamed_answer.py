"""An answer that is sent token by token."""

from __future__ import annotations

import math
from typing import Any, Final

from modelforge.simulator.answer import Answer
from modelforge.simulator.api_error import overloaded
from modelforge.simulator.delivery import stream_head
from modelforge.simulator.fault import FaultKind
from modelforge.simulator.wire import StreamEvents
from modelforge.simulator.words import word_at

_ACTING: Final[frozenset[FaultKind]] = frozenset(
    {"cut", "malformed", "lying-chunk", "error-midstream"}
)


class StreamedAnswer(Answer):
    """One event a token. What opens leaves with the first token, what ends with the last.

    Tokens that fall due together, as they all do without a delay, leave in one write.
    """

    def __init__(
        self, *args: Any, events: StreamEvents, created: int, include_usage: bool, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self._events = events
        self._mark = events.mark(self._plan, created)
        self._include_usage = include_usage
        self._next = 0
        self._written_s = self._parsed_s

    def _begin_stall(self) -> None:
        head = self._head()
        self._begun = True
        self._line.write(head)

    def _arm(self) -> None:
        due_s = self._moments_s[self._next]
        if due_s <= self._timer.clock():
            self._due()
        elif math.isfinite(due_s):
            self._timer.at(due_s, self._due)

    def _send_due(self) -> None:
        if not self._begun and self._fail_at_first_byte():
            return
        now_s = self._timer.clock()
        plan, moments_s, index = self._plan, self._moments_s, self._next
        pieces = [] if self._begun else [self._head()]
        acts_at = plan.fault_at if self.fault_kind in _ACTING else -1
        known = len(moments_s)
        while index < known and moments_s[index] <= now_s:
            if index == acts_at:
                if self.fault_kind != "malformed":
                    break
                pieces.append(self._events.malformed)
            word = word_at(plan.first_word, plan.stride, index)
            pieces.append(self._events.token(self._mark, word, index))
            index += 1
        self._write(pieces, index, broken=index == acts_at and known > index)

    def _write(self, pieces: list[bytes], index: int, *, broken: bool) -> None:
        """Send ``pieces``, which hold the tokens up to ``index``, and go on from there."""
        if broken and self._moments_s[index] <= self._timer.clock():
            self._send_broken(pieces, index)
            return
        if index == self._plan.length:
            pieces.append(
                self._events.ending(self._mark, self._plan, include_usage=self._include_usage)
            )
        self._send(pieces, index)
        if index == self._plan.length:
            self._complete()
        elif self._generator is None:
            self._arm_later()

    def _send_broken(self, pieces: list[bytes], index: int) -> None:
        """Send ``pieces`` and break off."""
        if self.fault_kind == "error-midstream":
            self._send([*pieces, self._events.failure(overloaded())], index)
            self._finish("error-midstream", "abort")
            self._line.end()
            return
        if self.fault_kind == "lying-chunk":
            pieces.append(self._events.lie)
        self._send(pieces, index)
        self._drop()

    def _arm_later(self) -> None:
        due_s = self._moments_s[self._next]
        if math.isfinite(due_s):
            self._timer.at(due_s, self._due)

    def _send(self, pieces: list[bytes], index: int) -> None:
        data = b"".join(pieces)
        written_s = self._timer.clock()
        if data:
            self._begun = True
            self._line.write(data)
        truth = self._truth
        for position in range(self._next, index):
            truth.deviation.add(written_s - self._moments_s[position])
            if position == 0:
                truth.ttft.add(written_s - self._parsed_s)
            else:
                truth.itl.add(written_s - self._written_s)
            self._written_s = written_s
        truth.completion_tokens += index - self._next
        self._next = index

    def _head(self) -> bytes:
        head = stream_head(self._line.delivery)
        return head + self._events.opening(self._mark, self._plan)
