"""The live view of a comparison, on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from modelforge.compare.result import ComparisonResult
from modelforge.core.model_id import ModelId
from modelforge.export.terminal_text import terminal_line


class ComparisonProgress:
    """A bar a model while a comparison runs; nothing when stderr is not a terminal or ``quiet``."""

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True)
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
        self._failed: Counter[str] = Counter()

    def started(self, models: Sequence[ModelId], answers_each: int) -> None:
        """The comparison begins: every model owes so many answers."""
        for model in models:
            self._tasks[str(model)] = self._progress.add_task(
                terminal_line(str(model)), total=answers_each, failures=""
            )

    def arrived(self, result: ComparisonResult) -> None:
        """One more answer, or failure."""
        task = self._tasks[result.model_id]
        if result.error is not None:
            self._failed[result.model_id] += 1
            failures = f"{self._failed[result.model_id]} failed"
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
