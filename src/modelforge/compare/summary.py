"""What a model's answers come to, kept while they stream past."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from modelforge.compare.result import ComparisonResult


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSummary:
    """One model over a whole comparison.

    Medians are over answered requests; None where nothing was measured. ``cached`` of the
    ``answered`` came from the cache and are in no median. ``cost`` is the sum of
    the known costs and ``unpriced`` counts the requests that were sent and have none: the bill is
    only complete when ``unpriced`` is 0. ``retries`` counts the requests that were sent again, of
    all answers.
    """

    model_id: str
    answered: int
    failed: int
    median_latency_s: float | None
    median_first_token_s: float | None
    median_tokens_per_second: float | None
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal | None
    unpriced: int
    cost_note: str | None
    error_kinds: dict[str, int]
    cached: int = 0
    retries: int = 0


class SummaryBuilder:
    """Adds results up one by one; holds 24 bytes an answer, never the answers."""

    def __init__(self, model_id: str) -> None:
        self._model_id = model_id
        self._latency_s = array("d")
        self._first_token_s = array("d")
        self._tokens_per_second = array("d")
        self._answered = 0
        self._failed = 0
        self._cached = 0
        self._prompt_tokens = 0
        self._completion_tokens = 0
        self._cost: Decimal | None = None
        self._unpriced = 0
        self._cost_note: str | None = None
        self._error_kinds: Counter[str] = Counter()
        self._retries = 0

    def add(self, result: ComparisonResult) -> None:
        """Take one result of this model into account."""
        metrics = result.metrics
        self._retries += metrics.retries
        self._prompt_tokens += metrics.prompt_tokens or 0
        self._completion_tokens += metrics.completion_tokens or 0
        if metrics.cost is not None:
            self._cost = metrics.cost if self._cost is None else self._cost + metrics.cost
        elif metrics.latency is not None or metrics.cost_note is not None:
            self._unpriced += 1
            self._cost_note = self._cost_note or metrics.cost_note
        if result.error is not None:
            self._failed += 1
            self._error_kinds[result.error_kind or "error"] += 1
            return
        self._answered += 1
        self._cached += result.cached
        for values, value in (
            (self._latency_s, metrics.latency),
            (self._first_token_s, metrics.first_token_s),
            (self._tokens_per_second, metrics.tokens_per_second),
        ):
            if value is not None:
                values.append(value)

    def build(self) -> ModelSummary:
        """The summary so far."""
        return ModelSummary(
            model_id=self._model_id,
            answered=self._answered,
            failed=self._failed,
            median_latency_s=_median(self._latency_s),
            median_first_token_s=_median(self._first_token_s),
            median_tokens_per_second=_median(self._tokens_per_second),
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
            cost=self._cost,
            unpriced=self._unpriced,
            cost_note=self._cost_note,
            error_kinds=dict(self._error_kinds),
            cached=self._cached,
            retries=self._retries,
        )


def _median(values: array[float]) -> float | None:
    return median(values) if values else None
