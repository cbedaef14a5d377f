"""The live view of a comparison, on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from modelforge.cli.console import progress_console
from modelforge.compare.result import ComparisonResult
from modelforge.core.model_id import ModelId
from modelforge.export.terminal_text import terminal_line

_MOST_BARS = 12
"""More models than this share one bar, so that the view fits a screen."""


class ComparisonProgress:
    """A bar a model while a comparison runs; nothing when stderr is not a terminal or ``quiet``."""

    def __init__(self, *, quiet: bool) -> None:
        console = progress_console()
        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failures]}", style="red", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._failed: Counter[TaskID] = Counter()

    def started(self, models: Sequence[ModelId], answers_each: int) -> None:
        """The comparison begins: every model owes so many answers."""
        if len(models) > _MOST_BARS:
            label = f"{len(models)} models"
            task = self._progress.add_task(label, total=answers_each * len(models), failures="")
            self._tasks = {str(model): task for model in models}
            return
        for model in models:
            label = terminal_line(str(model))
            task = self._progress.add_task(label, total=answers_each, failures="")
            self._tasks[str(model)] = task

    def arrived(self, result: ComparisonResult) -> None:
        """One more answer, or failure."""
        task = self._tasks[result.model_id]
        if result.error is not None:
            self._failed[task] += 1
            failures = f"{self._failed[task]} failed"
            self._progress.update(task, failures=failures)
        self._progress.advance(task)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()
