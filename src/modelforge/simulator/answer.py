"""An answer under way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

from modelforge.simulator import frames
from modelforge.simulator.answer_plan import AnswerPlan
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.fault import FaultKind
from modelforge.simulator.line import Line
from modelforge.simulator.timer import Timer
from modelforge.simulator.truth import ModelTruth

_HTML: Final = "<!doctype html><title>Welcome</title><p>This is not the answer you asked for.\n"


class Generator(Protocol):
    """Decides the moments of answers' tokens together; calls ``Answer.token`` for each."""

    def submit(self, answer: Answer, *, prompt_tokens: int, output_tokens: int) -> None:
        """Begin with an answer."""
        ...

    def cancel(self, answer: Answer) -> None:
        """Forget an answer, if it is known."""
        ...


class Answer:
    """Sends what its plan says at the moments the plan or the generator names.

    ``ended`` is called once, when the last byte was written or the client has gone.
    """

    def __init__(
        self,
        plan: AnswerPlan,
        *,
        line: Line,
        truth: ModelTruth,
        timer: Timer,
        parsed_s: float,
        generator: Generator | None,
        ended: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._line = line
        self._truth = truth
        self._timer = timer
        self._parsed_s = parsed_s
        self._generator = generator
        self._ended = ended
        self._moments_s = [parsed_s + offset_s for offset_s in plan.offsets_s]
        self._over = False

    @property
    def fault_kind(self) -> FaultKind | None:
        """How it is to fail, if it is."""
        return None if self._plan.fault is None else self._plan.fault.kind

    def begin(self) -> None:
        """Start; called once."""
        self._truth.arrived(self._parsed_s)
        kind = self.fault_kind
        if kind in {"429", "500"}:
            self._refuse()
            return
        self._truth.prompt_tokens += self._plan.prompt_tokens
        self._truth.cached_tokens += self._plan.cached_tokens
        if kind == "stall":
            self._begin_stall()
        if self._generator is None:
            self._arm()
            return
        pause_s = self._pause_s if kind in {"stall", "slow-first-byte"} else 0.0
        if pause_s == 0:
            self._submit()
        elif math.isfinite(pause_s):
            self._timer.at(self._parsed_s + pause_s, self._submit)

    def token(self, at_s: float) -> None:
        """The generator has the next token, as of ``at_s``."""
        if self.fault_kind == "stall-midstream":
            index = len(self._moments_s)
            if index == self._plan.fault_at:
                self._resume_s = at_s + self._pause_s
            if index >= self._plan.fault_at:
                at_s = max(at_s, self._resume_s)
        self._moments_s.append(at_s)
        if at_s <= self._timer.clock():
            self._due()
        elif math.isfinite(at_s):
            self._timer.at(at_s, self._due)

    def abandon(self) -> None:
        """The client has gone."""
        if not self._over:
            self._finish(self.fault_kind or "disconnected", "abort")

    def _begin_stall(self) -> None:
        """Send what a stalled answer sends before it stalls."""

    def _arm(self) -> None:
        """Ask the timer for the next moment of the plan."""
        raise NotImplementedError

    def _due(self) -> None:
        """Send what is due by now."""
        raise NotImplementedError

    def _submit(self) -> None:
        if not self._over and self._generator is not None:
            self._generator.submit(
                self,
                # Even a prompt that is wholly known is read at its last token.
                prompt_tokens=max(self._plan.prompt_tokens - self._plan.cached_tokens, 1),
                output_tokens=self._plan.length,
            )

    def _refuse(self) -> None:
        fault = self._plan.fault
        if self.fault_kind == "429":
            error = ApiError(
                429,
                "Rate limit reached for requests. Please try again later.",
                kind="requests",
                code="rate_limit_exceeded",
            )
            extra = {"Retry-After": f"{math.ceil(fault.pause_s if fault else 0)}"}
        else:
            error = ApiError(
                500, "The server had an error while processing your request.", kind="server_error"
            )
            extra = {}
        self._line.write(frames.document(error.status, error.document, extra=extra))
        self._finish(self.fault_kind or "", "abort")
        self._line.end()

    def _fail_at_first_byte(self) -> bool:
        """Act out the faults that take the place of an answer; False if it has none of them."""
        if self.fault_kind == "reset":
            self._finish("reset", "abort")
            self._line.reset()
            return True
        if self.fault_kind == "wrong-type":
            self._line.write(frames.document(200, _HTML, kind="text/html"))
            self._finish("wrong-type", "abort")
            self._line.end()
            return True
        return False

    def _complete(self) -> None:
        """Every byte was written."""
        self._truth.latency.add(self._timer.clock() - self._parsed_s)
        self._finish(self.fault_kind or "completed", self._plan.finish_reason)
        self._line.end()

    def _drop(self) -> None:
        """The answer ends here, with the connection."""
        self._finish(self.fault_kind or "", "abort")
        self._line.drop()

    def _finish(self, outcome: str, finish_reason: str) -> None:
        self._over = True
        if self._generator is not None:
            self._generator.cancel(self)
        self._truth.ended(outcome, finish_reason)
        self._ended()

    @property
    def _pause_s(self) -> float:
        return 0.0 if self._plan.fault is None else self._plan.fault.pause_s

    _resume_s = 0.0
