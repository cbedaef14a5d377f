"""Requests that were counted: what a scenario may be measured from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from modelforge.core.errors import ScenarioError

HOURS_OF_A_WEEK = 168

Column = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RequestSample:
    """Requests of a log, a row each; what belongs to one request stays in one row.

    Attributes:
        prompt, completion: tokens; ``cached`` and ``written`` are part of the prompt,
            ``reasoning`` of the completion.
        weights: how many requests a row stands for: 1, or more in a log of sums, whose rows are
            means and do not show how much single requests differ.
        source: where they were counted, for a reader.
        hours: requests by hour of the week, Monday 00:00 UTC first; empty: no times are known.
        per_day: requests a day over the time of the log; None: no times are known.
        notes: what a reader of a projection must know of them.

    Raises:
        ScenarioError: there is none, or counts contradict each other.
    """

    prompt: Column
    completion: Column
    cached: Column
    written: Column
    reasoning: Column
    weights: Column
    source: str
    hours: tuple[float, ...] = ()
    per_day: float | None = None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.prompt.size:
            raise ScenarioError(f"{self.source}: no request with token counts: nothing to measure")
        if (self.cached + self.written > self.prompt).any():
            row = int(np.argmax(self.cached + self.written > self.prompt)) + 1
            raise ScenarioError(
                f"{self.source}: request {row} has more cached tokens than prompt tokens: cached "
                "tokens are part of the prompt"
            )
        if (self.reasoning > self.completion).any():
            row = int(np.argmax(self.reasoning > self.completion)) + 1
            raise ScenarioError(
                f"{self.source}: request {row} has more reasoning tokens than completion tokens: "
                "reasoning is part of the completion"
            )

    @classmethod
    def of(
        cls,
        pairs: Sequence[tuple[int, int]],
        *,
        source: str = "measured requests",
        cached: Sequence[int] = (),
        reasoning: Sequence[int] = (),
    ) -> RequestSample:
        """Of (prompt tokens, completion tokens) pairs, as code that measured them has them.

        Raises:
            ScenarioError: a count is negative, and as above.
        """
        table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        if (table < 0).any():
            raise ScenarioError(f"{source}: a count of tokens is 0 or more")
        rows = table.shape[0]
        return cls(
            prompt=table[:, 0],
            completion=table[:, 1],
            cached=np.array(cached, dtype=np.float64) if cached else np.zeros(rows),
            written=np.zeros(rows),
            reasoning=np.array(reasoning, dtype=np.float64) if reasoning else np.zeros(rows),
            weights=np.ones(rows),
            source=source,
        )

    @property
    def requests(self) -> int:
        """How many requests were counted."""
        return round(float(self.weights.sum()))

    def mean(self, column: Column) -> float:
        """The mean of ``column`` over the requests."""
        return float(np.average(column, weights=self.weights))
