"""An answer under way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from modelforge.simulator.answer_plan import AnswerPlan
from modelforge.simulator.api_error import ApiError, overloaded, rate_limited, server_failed
from modelforge.simulator.crash import log_crash
from modelforge.simulator.delivery import JSON
from modelforge.simulator.fault import REFUSALS, FaultKind
from modelforge.simulator.line import Line
from modelforge.simulator.timer import Timer
from modelforge.simulator.truth import ModelTruth
from modelforge.simulator.wire import Wire

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

    ``ended`` is called once, when the last byte was written or the client has gone. Whatever fails
    unforeseen ends this answer alone: a 500 while nothing was sent, and a cut afterwards.
    """

    def __init__(
        self,
        plan: AnswerPlan,
        *,
        wire: Wire,
        line: Line,
        truth: ModelTruth,
        timer: Timer,
        parsed_s: float,
        generator: Generator | None,
        ended: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._wire = wire
        self._line = line
        self._begun = False  # whether any byte of it was sent
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
        try:
            self._begin()
        except Exception as error:  # noqa: BLE001 (see the class)
            self._crash(error)

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

    def _begin(self) -> None:
        kind = self.fault_kind
        if kind in REFUSALS:
            self._refuse(self._refusal())
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

    def _begin_stall(self) -> None:
        """Send what a stalled answer sends before it stalls."""

    def _arm(self) -> None:
        """Ask the timer for the next moment of the plan."""
        raise NotImplementedError

    def _due(self) -> None:
        """Send what is due by now."""
        if self._over:
            return
        try:
            self._send_due()
        except Exception as error:  # noqa: BLE001 (see the class)
            self._crash(error)

    def _send_due(self) -> None:
        """Send what is due by now; the answer is not over."""
        raise NotImplementedError

    def _submit(self) -> None:
        if not self._over and self._generator is not None:
            self._generator.submit(
                self,
                # Even a prompt that is wholly known is read at its last token.
                prompt_tokens=max(self._plan.prompt_tokens - self._plan.cached_tokens, 1),
                output_tokens=self._plan.length,
            )

    def _refusal(self) -> ApiError:
        retry_after_s = math.ceil(self._pause_s)
        if self.fault_kind == "429":
            return rate_limited(retry_after_s)
        return overloaded(retry_after_s or None) if self.fault_kind == "529" else server_failed()

    def _refuse(self, error: ApiError) -> None:
        self._write_document(error.status, self._wire.error(error), extra=error.headers)
        self._finish(self.fault_kind or "crashed", "abort")
        self._line.end()

    def _write_document(
        self, status: int, content: object, *, extra: Mapping[str, str] = {}, kind: str = JSON
    ) -> None:
        self._begun = True
        delivery = self._line.delivery
        self._line.write(delivery.document(status, content, kind=kind, extra=extra))

    def _crash(self, error: Exception) -> None:
        log_crash("to answer", error)
        if self._over:
            return
        if self._begun:
            self._drop()
        else:
            self._refuse(server_failed())

    def _fail_at_first_byte(self) -> bool:
        """Act out the faults that take the place of an answer; False if it has none of them."""
        if self.fault_kind == "reset":
            self._finish("reset", "abort")
            self._line.reset()
            return True
        if self.fault_kind == "wrong-type":
            self._write_document(200, _HTML, kind="text/html")
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
        self._finish(self.fault_kind or "crashed", "abort")
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
