"""What a run has come to so far: cheap to keep, exact enough to watch."""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from modelforge.benchmark.columns import is_valid, whole_numbers
from modelforge.benchmark.phase import Phase
from modelforge.stats.histogram import LogHistogram

_WINDOW_S: Final = 3.0
_NS: Final = 1e9

_Rows = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveView:
    """A moment of a run; None: not known yet.

    Attributes:
        elapsed_s: since measuring began, by the workers' last word.
        done, failed: measured requests that have ended, and how many of them failed.
        in_flight: sent and not done, over all workers.
        requests_per_s, tokens_per_s: that succeeded, over the last seconds.
        ttft_p50_ms, ttft_p99_ms: from sent to the first token, since the start.
        errors: failures by kind.
    """

    elapsed_s: float = 0.0
    done: int = 0
    failed: int = 0
    in_flight: int = 0
    requests_per_s: float | None = None
    tokens_per_s: float | None = None
    ttft_p50_ms: float | None = None
    ttft_p99_ms: float | None = None
    errors: tuple[tuple[str, int], ...] = ()


class LiveTally:
    """Takes the batches of all workers as they come."""

    def __init__(self) -> None:
        self._done = self._failed = 0
        self._elapsed_s = 0.0
        self._ttft_ns = LogHistogram()
        self._errors: Counter[str] = Counter()
        self._in_flight: dict[int, int] = {}
        self._recent: deque[tuple[float, int, int]] = deque()

    def take(self, batch: pa.RecordBatch, telemetry: bytes) -> None:
        """Count one batch and its telemetry."""
        said = json.loads(telemetry)
        self._in_flight[said["worker"]] = said["in_flight"]
        at_s = said.get("at_ns", 0) / _NS
        self._elapsed_s = max(self._elapsed_s, at_s)
        phase = whole_numbers(batch["phase"])
        rows = phase != Phase.WARM_UP
        good = rows & ~is_valid(batch["error"])
        done, succeeded = int(np.count_nonzero(rows)), int(np.count_nonzero(good))
        self._done += done
        self._failed += done - succeeded
        if done > succeeded:
            kinds = batch["error"].to_pylist()
            self._errors.update(str(kinds[row]) for row in np.flatnonzero(rows & ~good))
        tokens = 0
        if succeeded:
            tokens = _tokens(batch, good)
            self._note_first_tokens(batch, good)
        self._recent.append((at_s, succeeded, tokens))
        while self._recent[0][0] < self._elapsed_s - _WINDOW_S:
            self._recent.popleft()

    def view(self) -> LiveView:
        """What it has come to."""
        span_s = min(self._elapsed_s, _WINDOW_S)
        recent = list(self._recent)
        requests = sum(count for _, count, _ in recent)
        tokens = sum(count for _, _, count in recent)
        p50, p99 = self._ttft_ns.quantile(0.5), self._ttft_ns.quantile(0.99)
        return LiveView(
            elapsed_s=self._elapsed_s,
            done=self._done,
            failed=self._failed,
            in_flight=sum(self._in_flight.values()),
            requests_per_s=requests / span_s if span_s else None,
            tokens_per_s=tokens / span_s if span_s else None,
            ttft_p50_ms=None if p50 is None else p50 / 1e6,
            ttft_p99_ms=None if p99 is None else p99 / 1e6,
            errors=tuple(self._errors.most_common()),
        )

    def _note_first_tokens(self, batch: pa.RecordBatch, good: _Rows) -> None:
        first = whole_numbers(batch["first_ns"])
        told = good & (first >= 0)
        self._ttft_ns.add(first[told] - whole_numbers(batch["sent_ns"])[told])


def _tokens(batch: pa.RecordBatch, good: _Rows) -> int:
    completion = whole_numbers(batch["completion_tokens"])
    counted = whole_numbers(batch["counted_tokens"])
    return int(np.where(completion >= 0, completion, counted)[good].sum())
