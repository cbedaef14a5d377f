"""The live view of a benchmark, on stderr."""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from rich.live import Live
from rich.text import Text

from modelforge.cli.console import progress_console
from modelforge.export.measure import count, speed

if TYPE_CHECKING:
    import pyarrow as pa

_DRAWS_A_SECOND: Final = 4
_PLAIN_EVERY_S: Final = 5.0
_WINDOW_S: Final = 3.0
_MOST_KINDS: Final = 3


class BenchmarkProgress:
    """What is happening, as the workers tell it every half second; they never wait for it.

    A line that is drawn anew on a terminal, a line every five seconds elsewhere, nothing when
    ``quiet``.
    """

    def __init__(self, *, duration_s: float | None, requests: int | None, quiet: bool) -> None:
        self._console = progress_console()
        self._quiet = quiet
        self._duration_s = duration_s
        self._requests = requests
        self._lock = threading.Lock()
        self._began_s = 0.0
        self._done = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._in_flight: dict[int, int] = {}
        self._errors: Counter[str] = Counter()
        self._ttft: Any = None
        self._said_s = 0.0
        self._live: Live | None = None

    def heard(self, batch: pa.RecordBatch, telemetry: bytes) -> None:
        """Take a worker's batch; called from another thread."""
        from modelforge.benchmark.record import Phase  # noqa: PLC0415 (loads pyarrow)
        from modelforge.stats.histogram import LogHistogram  # noqa: PLC0415

        said = json.loads(telemetry)
        phase, sent = batch["phase"].to_numpy(), batch["sent_ns"].to_numpy()
        first = batch["first_ns"].fill_null(-1).to_numpy()
        measured = phase != Phase.WARM_UP
        answered = measured & (first >= 0)
        waits_ms = (first[answered] - sent[answered]) / 1e6
        kinds = [
            kind for kind, own in zip(batch["error"].to_pylist(), measured, strict=True) if own
        ]
        with self._lock:
            now_s = monotonic()
            self._began_s = self._began_s or now_s
            done = int(measured.sum())
            self._done += done
            self._recent.append((now_s, done))
            self._in_flight[said["worker"]] = said["in_flight"]
            self._errors.update(kind for kind in kinds if kind)
            if self._ttft is None:
                self._ttft = LogHistogram()
            self._ttft.add(waits_ms)

    def tick(self) -> None:
        """Draw what is known by now."""
        if self._live is not None:
            self._live.update(self._line())
        elif not self._quiet and self._began_s and monotonic() - self._said_s > _PLAIN_EVERY_S:
            self._said_s = monotonic()
            self._console.print(self._line(), soft_wrap=True)

    def __enter__(self) -> Self:
        self._said_s = monotonic()
        if not self._quiet and self._console.is_terminal:
            self._live = Live(
                Text("warming up"),
                console=self._console,
                refresh_per_second=_DRAWS_A_SECOND,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def _line(self) -> Text:
        with self._lock:
            if not self._began_s:
                return Text("warming up")
            now_s = monotonic()
            while self._recent and now_s - self._recent[0][0] > _WINDOW_S:
                self._recent.popleft()
            span_s = max(0.5, min(_WINDOW_S, now_s - self._began_s))
            rate = sum(done for _, done in self._recent) / span_s
            parts = [
                self._how_far(now_s - self._began_s),
                f"{speed(rate)} requests/s",
                f"{count(sum(self._in_flight.values()))} in flight",
            ]
            if self._ttft is not None and self._ttft.count:
                p50, p99 = self._ttft.quantile(0.5), self._ttft.quantile(0.99)
                parts.append(f"TTFT p50 {p50:,.0f} ms, p99 {p99:,.0f} ms")
            line = Text(" · ".join(parts), no_wrap=True, overflow="ellipsis")
            for kind, times in self._errors.most_common(_MOST_KINDS):
                line.append(f" · {kind} {count(times)}", style="red")
            return line

    def _how_far(self, passed_s: float) -> str:
        if self._duration_s is not None:
            return f"{min(passed_s, self._duration_s):.0f} of {self._duration_s:g} s"
        if self._requests is not None:
            return f"{count(self._done)} of {count(self._requests)}"
        return f"{passed_s:.0f} s, {count(self._done)} done"
