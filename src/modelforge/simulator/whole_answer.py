"""An answer that is sent in one piece, when its last token is due."""

from __future__ import annotations

import json
import math
from typing import Any

from modelforge.simulator import frames
from modelforge.simulator.answer import Answer


class WholeAnswer(Answer):
    """The answer to a request that does not stream.

    Its faults are those of a stream where they have an equal: a cut body is half as long as the
    head says, a malformed one is half of its JSON, a lying chunk ends a chunked body.
    """

    def __init__(self, *args: Any, model: str, chat: bool, created: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self._model = model
        self._chat = chat
        self._created = created

    def _arm(self) -> None:
        if math.isfinite(self._moments_s[-1]):
            self._timer.at(self._moments_s[-1], self._due)

    def _due(self) -> None:
        now_s = self._timer.clock()
        complete = len(self._moments_s) == self._plan.length and self._moments_s[-1] <= now_s
        if self._over or not complete or self._fail_at_first_byte():
            return
        body = json.dumps(self._document()).encode()
        half = body[: len(body) // 2]
        if self.fault_kind == "cut":
            self._break(frames.head(200, len(body)) + half)
        elif self.fault_kind == "lying-chunk":
            chunked = frames.STREAM_HEAD.replace(b"text/event-stream", b"application/json")
            self._break(chunked + b"%x\r\n%b\r\n" % (len(body), half))
        else:
            sent = half if self.fault_kind == "malformed" else body
            self._write(frames.head(200, len(sent)) + sent)
            self._complete()

    def _break(self, data: bytes) -> None:
        self._write(data)
        self._drop()

    def _write(self, data: bytes) -> None:
        self._truth.deviation.add(self._timer.clock() - self._moments_s[-1])
        self._truth.completion_tokens += self._plan.length
        self._line.write(data)

    def _document(self) -> dict[str, Any]:
        plan = self._plan
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
            "created": self._created,
            "model": self._model,
            "choices": [choice],
            "usage": plan.usage,
        }
