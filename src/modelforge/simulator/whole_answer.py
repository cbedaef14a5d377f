"""An answer that is sent in one piece, when its last token is due."""

from __future__ import annotations

import json
import math
from typing import Any

from modelforge.simulator.answer import Answer
from modelforge.simulator.api_error import overloaded
from modelforge.simulator.delivery import lying


class WholeAnswer(Answer):
    """The answer to a request that does not stream.

    Its faults are those of a stream where they have an equal: a cut body is half as long as the
    head says, a malformed one is half of its JSON, a lying chunk ends a chunked body, and an error
    in the middle of a stream is one in place of the answer.
    """

    def __init__(self, *args: Any, model: str, created: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self._model = model
        self._created = created

    def _arm(self) -> None:
        if math.isfinite(self._moments_s[-1]):
            self._timer.at(self._moments_s[-1], self._due)

    def _send_due(self) -> None:
        now_s = self._timer.clock()
        complete = len(self._moments_s) == self._plan.length and self._moments_s[-1] <= now_s
        if not complete or self._fail_at_first_byte():
            return
        if self.fault_kind == "error-midstream":
            self._refuse(overloaded())
            return
        body = json.dumps(self._wire.answer(self._model, self._plan, self._created)).encode()
        half = body[: len(body) // 2]
        delivery = self._line.delivery
        if self.fault_kind == "cut":
            self._break(delivery.head(200, length=len(body)) + half)
        elif self.fault_kind == "lying-chunk":
            lie = lying(half, chunked=delivery.chunked, claimed_bytes=len(body))
            self._break(delivery.head(200, length=None) + lie)
        else:
            sent = half if self.fault_kind == "malformed" else body
            self._write(delivery.head(200, length=len(sent)) + sent)
            self._complete()

    def _break(self, data: bytes) -> None:
        self._write(data)
        self._drop()

    def _write(self, data: bytes) -> None:
        self._begun = True
        self._truth.deviation.add(self._timer.clock() - self._moments_s[-1])
        self._truth.completion_tokens += self._plan.length
        self._line.write(data)
