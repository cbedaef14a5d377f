"""What was really sent."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from modelforge.simulator.tally import Tally


class ModelTruth:
    """What one model was asked and what it really sent; times are as of the call that writes."""

    def __init__(self) -> None:
        self.requests = 0
        self.outcomes: Counter[str] = Counter()
        self.finish_reasons: Counter[str] = Counter()
        self.first_arrival_s = math.inf
        self.last_arrival_s = -math.inf
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.completion_tokens = 0
        self.ttft = Tally()
        self.itl = Tally()
        self.latency = Tally()
        self.deviation = Tally()

    def arrived(self, at_s: float) -> None:
        """A request was parsed."""
        self.requests += 1
        self.first_arrival_s = min(self.first_arrival_s, at_s)
        self.last_arrival_s = max(self.last_arrival_s, at_s)

    def ended(self, outcome: str, finish_reason: str) -> None:
        """A request is over."""
        self.outcomes[outcome] += 1
        self.finish_reasons[finish_reason] += 1

    @classmethod
    def merged(cls, truths: Sequence[ModelTruth]) -> ModelTruth:
        """Several models as one."""
        whole = cls()
        for truth in truths:
            whole.requests += truth.requests
            whole.outcomes += truth.outcomes
            whole.finish_reasons += truth.finish_reasons
            whole.first_arrival_s = min(whole.first_arrival_s, truth.first_arrival_s)
            whole.last_arrival_s = max(whole.last_arrival_s, truth.last_arrival_s)
            whole.prompt_tokens += truth.prompt_tokens
            whole.cached_tokens += truth.cached_tokens
            whole.completion_tokens += truth.completion_tokens
            whole.ttft.include(truth.ttft)
            whole.itl.include(truth.itl)
            whole.latency.include(truth.latency)
            whole.deviation.include(truth.deviation)
        return whole

    def document(self, started_s: float) -> dict[str, Any]:
        """The truth as JSON; arrivals are seconds after ``started_s``."""
        span = None
        if self.requests:
            span = {
                "first_s": self.first_arrival_s - started_s,
                "last_s": self.last_arrival_s - started_s,
            }
        return {
            "requests": self.requests,
            "in_progress": self.requests - self.outcomes.total(),
            "outcomes": dict(sorted(self.outcomes.items())),
            "arrivals": span,
            "prompt_tokens": self.prompt_tokens,
            "cached_tokens": self.cached_tokens,
            "completion_tokens": self.completion_tokens,
            "ttft_ms": self.ttft.document_ms(),
            "itl_ms": self.itl.document_ms(),
            "latency_ms": self.latency.document_ms(),
            "write_deviation_ms": self.deviation.document_ms(),
        }


class Truth:
    """The truth by model since the server began, or since it was last reset."""

    def __init__(self, started_s: float) -> None:
        self.started_s = started_s
        self.models: defaultdict[str, ModelTruth] = defaultdict(ModelTruth)
        self.refused = 0

    def document(self) -> dict[str, Any]:
        """All of it as JSON; ``refused`` are requests that no model was to answer."""
        return {
            "schema": "modelforge.simulator.truth/1",
            "refused": self.refused,
            "all": ModelTruth.merged(list(self.models.values())).document(self.started_s),
            "models": {
                name: truth.document(self.started_s) for name, truth in sorted(self.models.items())
            },
        }
