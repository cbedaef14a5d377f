"""What one request will be answered, and when: decided before a byte is sent."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Literal

from modelforge.simulator.completion_request import MAX_OUTPUT_TOKENS, CompletionRequest
from modelforge.simulator.fault import REFUSALS, Fault, FaultPlan
from modelforge.simulator.profile import Profile
from modelforge.simulator.words import WORDS, count_tokens, text_of

FinishReason = Literal["stop", "length"]
"""It ended by itself, or at the request's ``max_tokens``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerPlan:
    """One answer: its words, its length and its moments.

    ``offsets_s`` are the moments of its tokens in seconds after the request was parsed, a stall's
    pause included; empty when the queue decides them. ``fault_at`` is the number of tokens that
    leave before the fault acts. An infinite offset is a token that never comes.
    """

    id: str
    first_word: int
    stride: int
    length: int
    finish_reason: FinishReason
    prompt_tokens: int
    cached_tokens: int
    offsets_s: tuple[float, ...]
    fault: Fault | None
    fault_at: int

    @property
    def text(self) -> str:
        """The whole answer."""
        return text_of(self.first_word, self.stride, self.length)


def plan_answer(
    request: CompletionRequest,
    *,
    profile: Profile,
    seed: int,
    number: int,
    arrived_s: float,
    cached_tokens: int = 0,
) -> AnswerPlan:
    """The answer to a model's request ``number``, which counts from 0.

    Words, lengths and moments follow from the profile's name, the seed, the number and the
    prompt; whether it fails follows from the number, the seed and the name alone, so that a fault
    never depends on what was asked, nor a moment on which faults there are.

    Args:
        request: what was asked.
        profile: the model.
        seed: of the server.
        number: which request of this model it is.
        arrived_s: seconds since the server began, for faults between times.
        cached_tokens: what the prefix cache knew of the prompt.
    """
    identity = f"{seed}\0{profile.name}\0{number}"
    digest = _digest(f"{identity}\0{request.chat}\0{request.prompt}")
    source = Random(digest)  # noqa: S311 (a simulation, not a secret)
    drawn = profile.tokens.draws(source, 1)[0]
    length, finish_reason = _length(request, min(max(round(drawn), 1), MAX_OUTPUT_TOKENS))
    chance = _digest(f"fault\0{identity}") / 2**128
    fault = FaultPlan(faults=profile.faults).choose(
        number=number, arrived_s=arrived_s, chance=chance
    )
    fault_at = 0 if fault is None or fault.kind == "stall" else length // 2
    offsets_s: tuple[float, ...] = ()
    if profile.queue is None:
        first = profile.ttft_s.draws(source, 1)
        offsets_s = tuple(accumulate(first + profile.itl_s.draws(source, length - 1)))
        if fault is not None:
            offsets_s = _paused(offsets_s, fault, fault_at)
    return AnswerPlan(
        id=f"{digest:032x}"[:16],
        first_word=digest % len(WORDS),
        stride=(digest >> 8) % len(WORDS) | 1,
        length=length,
        finish_reason=finish_reason,
        prompt_tokens=count_tokens(request.prompt),
        cached_tokens=cached_tokens,
        offsets_s=offsets_s,
        fault=fault,
        fault_at=fault_at,
    )


def _length(request: CompletionRequest, drawn: int) -> tuple[int, FinishReason]:
    """How long an answer is, and what ends it, where the profile would have ``drawn`` tokens."""
    limit = request.max_tokens
    if limit is None or (request.at_most and drawn <= limit):
        return drawn, "stop"
    return limit, "length"


def _paused(offsets_s: tuple[float, ...], fault: Fault, fault_at: int) -> tuple[float, ...]:
    """The offsets with the pause of a fault from the token it acts at."""
    if fault.kind in REFUSALS:
        return offsets_s
    at = 0 if fault.kind == "slow-first-byte" else fault_at
    pause_s = fault.pause_s
    if math.isinf(pause_s):
        return (*offsets_s[:at], *([math.inf] * (len(offsets_s) - at)))
    return (*offsets_s[:at], *(offset_s + pause_s for offset_s in offsets_s[at:]))


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest())
