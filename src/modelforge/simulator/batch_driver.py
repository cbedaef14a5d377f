"""The queue in real time."""

from __future__ import annotations

from modelforge.simulator.answer import Answer
from modelforge.simulator.batch_engine import BatchEngine
from modelforge.simulator.batch_queue import BatchQueue
from modelforge.simulator.timer import Timer


class BatchDriver:
    """Drives a ``BatchEngine`` by a timer and hands its tokens to the answers.

    Fills ``answer.Generator``.
    """

    def __init__(self, queue: BatchQueue, timer: Timer) -> None:
        self._engine: BatchEngine[Answer] = BatchEngine(queue)
        self._timer = timer
        self._armed_s: float | None = None

    @property
    def running(self) -> int:
        """How many answers hold a slot."""
        return self._engine.running

    @property
    def waiting(self) -> int:
        """How many have none yet."""
        return self._engine.waiting

    def submit(self, answer: Answer, *, prompt_tokens: int, output_tokens: int) -> None:
        """Queue ``answer`` now."""
        self._engine.submit(
            answer,
            at_s=self._timer.clock(),
            prompt_tokens=prompt_tokens,
            output_tokens=output_tokens,
        )
        self._arm()

    def cancel(self, answer: Answer) -> None:
        """Forget ``answer``; its slot is free from the next step on."""
        self._engine.cancel(answer)

    def _arm(self) -> None:
        next_s = self._engine.next_s
        if next_s is not None and next_s != self._armed_s:
            self._armed_s = next_s
            self._timer.at(next_s, self._fire)

    def _fire(self) -> None:
        for emission in self._engine.advance(self._timer.clock()):
            emission.key.token(emission.at_s)
        self._arm()
