"""The queue itself: sequences in, moments of tokens out, whatever drives the time."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from modelforge.simulator.batch_queue import BatchQueue

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Emission(Generic[K]):
    """``key`` gets one token at ``at_s``."""

    key: K
    at_s: float
    last: bool


@dataclass(eq=False, slots=True)
class _Sequence(Generic[K]):
    key: K
    arrived_s: float
    prompt_tokens: int
    remaining: int
    cancelled: bool = False


class BatchEngine(Generic[K]):
    """A continuously batching server as a state machine; it has no clock of its own.

    The server repeats steps. At the start of each, sequences that have arrived take the free
    slots in order of arrival and their prompts are read; when there is none to read, every running
    sequence gets one token. A step's moments follow from the step before, never from when
    ``advance`` is called: a driver that is late loses no time and changes nothing.

    ``key`` names a sequence and is not in use twice at a time.
    """

    def __init__(self, queue: BatchQueue) -> None:
        self.queue = queue
        self._waiting: deque[_Sequence[K]] = deque()
        self._running: list[_Sequence[K]] = []
        self._step: list[_Sequence[K]] = []
        self._by_key: dict[K, _Sequence[K]] = {}
        self._last_arrival_s = -math.inf
        self.next_s: float | None = None
        """When the step that is under way ends; None while there is nothing to do."""

    @property
    def running(self) -> int:
        """How many sequences hold a slot."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many have none yet."""
        return len(self._waiting)

    def submit(self, key: K, *, at_s: float, prompt_tokens: int, output_tokens: int) -> None:
        """Add a sequence that arrives at ``at_s``.

        Raises:
            ValueError: it arrives before an earlier one, or has no tokens to read or to write.
        """
        if at_s < self._last_arrival_s:
            raise ValueError(f"an arrival at {at_s} comes after one at {self._last_arrival_s}")
        if prompt_tokens < 1 or output_tokens < 1:
            raise ValueError("a sequence reads and writes at least one token")
        self._last_arrival_s = at_s
        sequence = _Sequence(key, at_s, prompt_tokens, output_tokens)
        self._by_key[key] = sequence
        self._waiting.append(sequence)
        if self.next_s is None:
            self._start_step(-math.inf)

    def cancel(self, key: K) -> None:
        """Forget a sequence; its slot is free from the next step on. Unknown keys are ignored."""
        sequence = self._by_key.pop(key, None)
        if sequence is None:
            return
        sequence.cancelled = True
        if sequence in self._running:
            self._running.remove(sequence)
        else:
            self._waiting.remove(sequence)

    def advance(self, now_s: float) -> list[Emission[K]]:
        """Finish the steps that end by ``now_s`` and return their tokens, in order of time."""
        emissions: list[Emission[K]] = []
        while self.next_s is not None and self.next_s <= now_s:
            ended_s = self.next_s
            for sequence in self._step:
                if not sequence.cancelled:
                    sequence.remaining -= 1
                    emissions.append(Emission(sequence.key, ended_s, sequence.remaining == 0))
                    if sequence.remaining == 0:
                        self._running.remove(sequence)
                        del self._by_key[sequence.key]
            self._start_step(ended_s)
        return emissions

    def _start_step(self, at_s: float) -> None:
        if not self._running and self._waiting and self._waiting[0].arrived_s > at_s:
            # Idle until this arrival, which starts at once and so alone.
            at_s = self._waiting[0].arrived_s
            admitted = [self._waiting.popleft()]
        else:
            admitted = self._admit(at_s)
        if admitted:
            tokens = sum(sequence.prompt_tokens for sequence in admitted)
            self._running += admitted
            self._step = admitted
            self.next_s = at_s + self.queue.prefill_s(tokens)
        elif self._running:
            self._step = self._running.copy()
            self.next_s = at_s + self.queue.decode_step_s(len(self._step))
        else:
            self._step = []
            self.next_s = None

    def _admit(self, at_s: float) -> list[_Sequence[K]]:
        free = self.queue.slots - len(self._running)
        room = self.queue.prefill_batch_tokens
        admitted: list[_Sequence[K]] = []
        while self._waiting and len(admitted) < free and self._waiting[0].arrived_s <= at_s:
            room -= self._waiting[0].prompt_tokens
            if room < 0 and admitted:
                break
            admitted.append(self._waiting.popleft())
        return admitted
