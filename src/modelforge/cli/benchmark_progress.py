"""The live view of a benchmark, on stderr."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import click

from modelforge.benchmark.config import BenchmarkConfig
from modelforge.cli.console import progress_console

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.live import Live

    from modelforge.benchmark.live import LiveTally
    from modelforge.cli.benchmark_screen import BenchmarkScreen

_LINE_EVERY_S: Final = 5.0
_A_SECOND: Final = 4
"""How often the terminal is drawn."""


class BenchmarkProgress:
    """A view that is drawn anew on a terminal; elsewhere a line every few seconds.

    Fills ``app.benchmark.BenchmarkObserver``. Nothing when ``quiet``.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = progress_console()
        self._terminal = not quiet and self._console.is_terminal
        self._guard = threading.Lock()
        self._live: Live | None = None
        self._screen: BenchmarkScreen | None = None
        self._tally: LiveTally | None = None
        self._next_line_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def began(self, config: BenchmarkConfig, *, run: int, records: Path) -> None:
        """A run is about to warm up."""
        if self._quiet:
            return
        from modelforge.benchmark.live import LiveTally  # noqa: PLC0415 (it loads numpy)
        from modelforge.cli.benchmark_screen import BenchmarkScreen  # noqa: PLC0415 (for who watches only)

        self._end()
        with self._guard:
            self._tally = LiveTally()
            self._screen = BenchmarkScreen(config, run=run, records=records)
            self._next_line_s = monotonic() + _LINE_EVERY_S
        if self._terminal:
            from rich.live import Live  # noqa: PLC0415 (for a terminal only)

            self._live = Live(
                console=self._console,
                get_renderable=self._screen.renderable,
                refresh_per_second=_A_SECOND,
                transient=True,
            )
            self._live.start()

    def batch(self, batch: pa.RecordBatch, telemetry: bytes, messages: Mapping[str, str]) -> None:
        """Records came in; in a thread."""
        with self._guard:
            if self._tally is None or self._screen is None:
                return
            self._tally.take(batch, telemetry)
            self._screen.update(self._tally.view(), messages)
            line = None
            if not self._terminal and monotonic() >= self._next_line_s:
                self._next_line_s = monotonic() + _LINE_EVERY_S
                line = self._screen.line()
        if line is not None:
            click.echo(line, err=True)

    def stopping(self) -> None:
        """A signal came: say what happens."""
        if self._screen is not None:
            said = self._screen.stop()
            if not self._terminal and not self._quiet:
                click.echo(said, err=True)

    def _end(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
