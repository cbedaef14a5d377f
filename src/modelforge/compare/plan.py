"""How a comparison is to be run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from modelforge.compare.deadlines import Deadlines
from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonPlan:
    """How a comparison is to be run.

    ``timeout_s`` bounds each single answer, with all its retries; ``first_token_timeout_s`` and
    ``idle_timeout_s`` bound the silences of its stream. ``max_retries`` is how often a request is
    sent again when its fault may pass. ``max_concurrency`` replaces the limit of every provider.

    Raises:
        UsageError: ``repeats`` or ``max_concurrency`` below 1, ``max_retries`` below 0, or a
            timeout that is not above 0.
    """

    generation: Generation = field(default_factory=Generation)
    repeats: int = 1
    timeout_s: float = 120.0
    max_concurrency: int | None = None
    max_retries: int = 2
    first_token_timeout_s: float | None = None
    idle_timeout_s: float | None = None

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise UsageError(f"repeats must be at least 1, not {self.repeats}")
        if self.max_concurrency is not None and self.max_concurrency < 1:
            raise UsageError(f"the concurrency must be at least 1, not {self.max_concurrency}")
        if self.max_retries < 0:
            raise UsageError(f"max_retries must be at least 0, not {self.max_retries}")
        for name, limit_s in (
            ("timeout", self.timeout_s),
            ("first token's timeout", self.first_token_timeout_s),
            ("idle timeout", self.idle_timeout_s),
        ):
            if limit_s is not None and not 0 < limit_s < math.inf:
                raise UsageError(f"the {name} must be above 0 s, not {limit_s:g}")

    @property
    def deadlines(self) -> Deadlines:
        """How long a stream may keep silent."""
        return Deadlines(first_token_s=self.first_token_timeout_s, idle_s=self.idle_timeout_s)
