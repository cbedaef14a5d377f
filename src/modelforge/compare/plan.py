"""How a comparison is to be run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonPlan:
    """How a comparison is to be run.

    ``timeout_s`` bounds each single answer; ``max_concurrency`` replaces the limit of every
    provider.

    Raises:
        UsageError: ``repeats`` or ``max_concurrency`` below 1, or a timeout that is not above 0.
    """

    generation: Generation = field(default_factory=Generation)
    repeats: int = 1
    timeout_s: float = 120.0
    max_concurrency: int | None = None

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise UsageError(f"repeats must be at least 1, not {self.repeats}")
        if self.max_concurrency is not None and self.max_concurrency < 1:
            raise UsageError(f"the concurrency must be at least 1, not {self.max_concurrency}")
        if not 0 < self.timeout_s < math.inf:
            raise UsageError(f"the timeout must be above 0 s, not {self.timeout_s:g}")
