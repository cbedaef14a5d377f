"""A continuously batching server's capacity, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.core.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchQueue:
    """What a continuously batching server can do.

    ``slots`` sequences run at once, others wait in order of arrival. A prompt is read at
    ``prefill_tokens_per_s``; a step that gives one token to each of ``b`` sequences takes
    ``decode_base_s + decode_per_sequence_s * b``. Waiting prompts are read together up to
    ``prefill_batch_tokens``, at least one of them.

    Raises:
        UsageError: a value would stop time or turn it back.
    """

    slots: int = 32
    prefill_tokens_per_s: float = 8000.0
    decode_base_s: float = 0.010
    decode_per_sequence_s: float = 0.0005
    prefill_batch_tokens: int = 8192

    def __post_init__(self) -> None:
        if self.slots < 1:
            raise UsageError(f"a queue of {self.slots} slots serves nobody: at least 1")
        if not self.prefill_tokens_per_s > 0:
            raise UsageError("prefill_tokens_per_s must be more than 0")
        if self.decode_base_s < 0 or self.decode_per_sequence_s < 0:
            raise UsageError("a decoding step cannot take less than 0 s")
        if self.decode_step_s(1) <= 0:
            raise UsageError("a decoding step must take time: give it a base or a cost a sequence")

    def decode_step_s(self, batch: int) -> float:
        """Seconds that one step over ``batch`` sequences takes."""
        return self.decode_base_s + self.decode_per_sequence_s * batch

    def prefill_s(self, tokens: int) -> float:
        """Seconds that reading ``tokens`` of prompt takes."""
        return tokens / self.prefill_tokens_per_s


@dataclass(frozen=True, kw_only=True, slots=True)
class Capacity:
    """What a full server sustains; ``latency_s`` is a request's mean, arrival to last token.

    Without a ``concurrency`` the clients are as many as the slots: at any arrival rate above
    ``requests_per_s`` the queue, and with it the latency, grows for as long as the load lasts.
    """

    requests_per_s: float
    output_tokens_per_s: float
    latency_s: float


def capacity(
    queue: BatchQueue,
    *,
    prompt_tokens: float,
    output_tokens: float,
    concurrency: int | None = None,
) -> Capacity:
    """The throughput of ``queue`` when ``concurrency`` clients always have a request in it.

    With a batch of ``b = min(concurrency, slots)`` a request costs the server, which does one
    thing at a time, its prompt's reading and its share of ``output_tokens - 1`` steps (the first
    token comes with the prompt's reading)::

        s(b) = prompt_tokens / prefill_tokens_per_s
             + (output_tokens - 1) * (decode_base_s + decode_per_sequence_s * b) / b

    and the throughput is ``1 / s(b)``. Little's law gives the mean latency: ``concurrency * s(b)``.
    The iteration-level schedule is Orca's (Yu et al., OSDI 2022), prompts before steps is vLLM's
    (Kwon et al., SOSP 2023).

    Args:
        queue: the server.
        prompt_tokens: the mean length of prompts, without what a prefix cache spares.
        output_tokens: the mean length of answers, at least 1.
        concurrency: how many requests are always there; as many as slots by default.
    """
    clients = queue.slots if concurrency is None else concurrency
    batch = min(clients, queue.slots)
    reading_s = prompt_tokens / queue.prefill_tokens_per_s
    cost_s = reading_s + (output_tokens - 1) * queue.decode_step_s(batch) / batch
    return Capacity(
        requests_per_s=1 / cost_s,
        output_tokens_per_s=output_tokens / cost_s,
        latency_s=clients * cost_s,
    )
