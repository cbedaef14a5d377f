"""One model's answer to one prompt, with its measurements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

CACHED: Final = "cached"
"""The note on the cost of an answer that came from the cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonMetrics:
    """What one answer took.

    Attributes:
        latency: seconds from the moment the request was handed to the network to the end of the
            answer; None when the request was never sent, as for a cached answer, or nothing was
            timed (a replay).
        first_token_s: seconds from the same moment to the first piece of text or reasoning (TTFT);
            None when nothing was generated or the answer was not streamed.
        queued_s: seconds from the moment the request was due to the moment it was sent: its turn,
            and what failed requests and the waits between them took before it; None as
            ``latency``.
        retries: how often the request was sent again; the other measurements are of the last one.
        prompt_tokens, completion_tokens: as the server counted them; None where it did not. Those
            of a cached answer are what it took when it was asked.
        cached_tokens: the part of ``prompt_tokens`` read from a cache.
        reasoning_tokens: the part of ``completion_tokens`` spent on reasoning.
        cost: what this answer cost now, in US dollars, exact; None when unknown, and ``cost_note``
            then says why. A cached answer cost 0, whatever was paid for it when it was asked.
        cost_note: why there is no cost, ``cached`` where it is 0 for that, or what must be known of
            it (``listed as free``); None otherwise.
    """

    latency: float | None = None
    first_token_s: float | None = None
    queued_s: float | None = None
    retries: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: Decimal | None = None
    cost_note: str | None = None

    @property
    def tokens(self) -> int | None:
        """Prompt and completion tokens together, or None when either is unknown."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens over the whole latency, or None when either is unknown."""
        if not self.latency or self.completion_tokens is None:
            return None
        return self.completion_tokens / self.latency


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonResult:
    """One answer, or one failure.

    Attributes:
        model_id: ``provider/model``.
        response: the answer; when ``error`` is set, as much of it as had arrived.
        error: what went wrong in one line, or None.
        error_kind: the error's stable name (``timed_out``, ``rate_limited``, …), or None.
        reasoning: the reasoning text that preceded the answer, when the server showed it.
        finish_reason: the server's own word for why it stopped.
        prompt: the text that was asked (the last message).
        prompt_index: the prompt's place in its set, from 0.
        prompt_id: the set's own name for the prompt, or None.
        cluster: what the prompt belongs to with others (a document, a conversation), or None.
        repeat: which repetition of the prompt this is, from 0.
        cached: the answer was kept from an earlier request, and nothing was sent or measured now.
        cached_at: when that earlier request was sent; None when the answer is of now.
    """

    model_id: str
    provider: str
    model: str
    response: str
    metrics: ComparisonMetrics
    error: str | None = None
    error_kind: str | None = None
    reasoning: str = ""
    finish_reason: str | None = None
    prompt: str = ""
    prompt_index: int = 0
    prompt_id: str | None = None
    cluster: str | None = None
    repeat: int = 0
    cached: bool = False
    cached_at: datetime | None = None
