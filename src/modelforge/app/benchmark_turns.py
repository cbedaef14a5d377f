"""Several models benchmarked in turns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelforge.app.benchmark import BenchmarkObserver, BenchmarkRunner
from modelforge.app.registry import ModelForgeRegistry
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.turns import turns
from modelforge.core.errors import Interrupted


class BenchmarkTurns:
    """Runs the same benchmark of several models, A B B A …, as often as it is to be repeated.

    Args:
        registry: where models are found.
        records: the file of the first model's first run; others add their numbers to its name.
        observer: told of what happens.
    """

    def __init__(
        self,
        registry: ModelForgeRegistry,
        *,
        records: Path | None = None,
        observer: BenchmarkObserver | None = None,
    ) -> None:
        self._registry = registry
        self._records = records
        self._observer = observer
        self._runners: list[BenchmarkRunner] = []
        self._stopped = False

    @property
    def records(self) -> list[Path]:
        """The files that were written, model by model."""
        return [path for runner in self._runners for path in runner.records]

    @property
    def messages(self) -> dict[str, str]:
        """The first message of each kind of error."""
        found: dict[str, str] = {}
        for runner in self._runners:
            found = runner.messages | found
        return found

    async def run(self, configs: Sequence[BenchmarkConfig]) -> list[BenchmarkResult]:
        """One config a model, alike in everything else; a result each, in the same order.

        Stopped early, what was measured is reported as far as every model has a run.

        Raises:
            UsageError: before anything is sent.
            RequestError: no worker could begin.
            Interrupted: it was stopped before every model had a run.
        """
        self._runners = [
            BenchmarkRunner(
                self._registry,
                records=None if self._records is None else _of_model(self._records, place),
                observer=self._observer,
            )
            for place in range(len(configs))
        ]
        for model, round_ in turns(len(configs), configs[0].runs):
            if self._stopped and round_ > 0:
                break
            await self._runners[model].run_once(configs[model], round_)
            if self._stopped and round_ == 0 and model < len(configs) - 1:
                raise Interrupted("stopped before every model had a run: nothing to compare")
        return [
            await runner.report(config)
            for runner, config in zip(self._runners, configs, strict=True)
        ]

    def stop(self) -> None:
        """Send no more; the second time, break off what is in flight."""
        self._stopped = True
        for runner in self._runners:
            runner.stop()

    def was_stopped(self) -> None:
        """This process did not run for a while (SIGSTOP): the run that it met says so."""
        for runner in self._runners:
            runner.was_stopped()


def _of_model(path: Path, place: int) -> Path:
    return path if not place else path.with_name(f"{path.stem}.model{place + 1}{path.suffix}")
