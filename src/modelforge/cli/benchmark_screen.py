"""What the live view of a benchmark shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from time import monotonic
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.live import LiveView
from modelforge.export.measure import count, milliseconds, speed
from modelforge.export.terminal_text import terminal_line

_MOST_ERRORS: Final = 3
_LABEL: Final = 9
_ECHO: Final = 4
"""Columns left free on the last line: a terminal writes ^C there, which must not begin another."""
_STOPS: Final = (
    "stopping: nothing more is sent; Ctrl-C again breaks off what is in flight",
    "breaking off what is in flight",
)


class BenchmarkScreen:
    """A run so far: a title, a bar, the figures, and the errors as they happen."""

    def __init__(self, config: BenchmarkConfig, *, run: int, records: Path) -> None:
        self._config = config
        self._run = run
        self._records = terminal_line(str(records))
        self._view: LiveView | None = None
        self._messages: dict[str, str] = {}
        self._heard_s = monotonic()
        self._stops = 0

    def update(self, view: LiveView, messages: Mapping[str, str]) -> None:
        """Show this from now on."""
        self._messages = dict(messages)
        self._view = view
        self._heard_s = monotonic()

    def stop(self) -> str:
        """A signal came; what to say of it."""
        self._stops = min(self._stops + 1, len(_STOPS))
        return _STOPS[self._stops - 1]

    def line(self) -> str:
        """Everything in one line, for a log."""
        view = self._view or LiveView()
        parts = [*_figures(view), f"{count(view.in_flight)} in flight", *_ttft(view)]
        if view.failed:
            parts.append(f"{count(view.failed)} failed ({_errors(view)})")
        return f"{view.elapsed_s:.0f} s: {', '.join(parts)}"

    def renderable(self) -> RenderableType:
        """The view of this moment."""
        return self

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in self._parts(options.max_width):
            if isinstance(part, Text):
                part.truncate(options.max_width, overflow="ellipsis")
                part.no_wrap = True
            yield part

    def _parts(self, width: int) -> Iterator[RenderableType]:
        """Lines, and the bar under the first of them."""
        config, view = self._config, self._view
        run = f" · run {self._run + 1} of {config.runs}" if config.runs > 1 else ""
        model = terminal_line(str(config.model_id))
        yield Text.assemble((model, "bold"), f" · {config.effective_load.description}{run}")
        yield self._bar(width)
        if view is None:
            warm_up = config.warmup_requests
            yield _row("warm-up", f"{count(warm_up)} requests" if warm_up else "none")
        else:
            yield _row("done", " · ".join(_figures(view)))
            yield _row("in flight", " · ".join((count(view.in_flight), *_ttft(view))))
            if view.failed:
                yield _row("failed", f"{count(view.failed)} · {_errors(view)}", "red")
            for kind, message in list(self._messages.items())[:_MOST_ERRORS]:
                yield Text(f"  {terminal_line(f'{kind}: {message}')}", "red")
        yield _row("records", _tail(self._records, width - _LABEL - 3 - _ECHO), "dim")
        if self._stops:
            yield Text(_STOPS[self._stops - 1][: width - _ECHO], "yellow")

    def _bar(self, width: int) -> RenderableType:
        share, said = self._progress()
        row = Table.grid(expand=False, padding=(0, 1, 0, 0))
        row.add_column(width=max(10, width - len(said) - 2))
        row.add_column(no_wrap=True)
        bar = ProgressBar(
            total=None if share is None else 1.0,
            completed=share or 0.0,
            pulse=share is None and self._view is not None,
        )
        row.add_row(bar, said)
        return row

    def _progress(self) -> tuple[float | None, str]:
        """How much of it is done, 0 to 1, and the same in words."""
        view, limits = self._view, self._config.limits
        if view is None:
            return 0.0, _ends(limits.duration_s, limits.requests)
        elapsed_s = view.elapsed_s + (monotonic() - self._heard_s)
        shares, words = [], []
        if limits.duration_s is not None:
            shares.append(elapsed_s / limits.duration_s)
            words.append(f"{min(int(elapsed_s), limits.duration_s):,g} of {limits.duration_s:,g} s")
        else:
            words.append(f"{int(elapsed_s):,} s")
        if limits.requests is not None:
            shares.append(view.done / limits.requests)
            words.append(f"{count(view.done)} of {count(limits.requests)}")
        share = max(shares, default=None)
        if share is not None and share >= 1:
            words.append("waiting for answers")
        elif share:
            words.append(f"{ceil(elapsed_s / share - elapsed_s):,} s left")
        return None if share is None else min(share, 1.0), " · ".join(words)


def _ends(duration_s: float | None, requests: int | None) -> str:
    ends = [
        *([f"{duration_s:,g} s"] if duration_s is not None else []),
        *([f"{count(requests)} requests"] if requests is not None else []),
    ]
    return " or ".join(ends)


def _figures(view: LiveView) -> Iterator[str]:
    yield count(view.done)
    if view.requests_per_s is not None:
        yield f"{speed(view.requests_per_s)} requests/s"
    if view.tokens_per_s is not None:
        yield f"{speed(view.tokens_per_s)} output tokens/s"


def _ttft(view: LiveView) -> Iterator[str]:
    if view.ttft_p50_ms is not None and view.ttft_p99_ms is not None:
        p50, p99 = milliseconds(view.ttft_p50_ms), milliseconds(view.ttft_p99_ms)
        yield f"TTFT {p50} ms p50, {p99} ms p99"


def _errors(view: LiveView) -> str:
    named = ", ".join(f"{kind} {count(number)}" for kind, number in view.errors[:_MOST_ERRORS])
    return f"{named}, …" if len(view.errors) > _MOST_ERRORS else named


def _row(label: str, text: str, style: str = "") -> Text:
    return Text.assemble((f"  {label:<{_LABEL}} ", "dim"), (text, style))


def _tail(path: str, width: int) -> str:
    """The end of a path, where the file's name is."""
    return path if len(path) <= width else f"…{path[-max(1, width - 1) :]}"
