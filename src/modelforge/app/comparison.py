"""The comparison as a use case: results leave as they arrive, and what is shown is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from modelforge.app.output import Output, open_output
from modelforge.compare.contestant import ContestantSource
from modelforge.compare.engine import run_comparison
from modelforge.compare.evidence_plan import EvidencePlan
from modelforge.compare.observations import Observations
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.purse import Purse
from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary, SummaryBuilder
from modelforge.core.model_id import ModelId
from modelforge.core.ports import Clock
from modelforge.core.prompt import Case
from modelforge.export.writer import ResultWriter

if TYPE_CHECKING:
    from modelforge.compare.evidence import Evidence

_ANSWERED: Final = 0
_SOME_FAILED: Final = 1


class ComparisonObserver(Protocol):
    """Watches a comparison, to show it while it runs."""

    def started(self, models: Sequence[ModelId], answers_each: int) -> None:
        """The first requests are about to be sent."""
        ...

    def arrived(self, result: ComparisonResult) -> None:
        """One more result is in."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonRequest:
    """What to compare and what to do with the results.

    Attributes:
        cases: what to ask, ``case_count`` of them; iterated once for each model.
        output: where every result is written as it arrives; the document is finished also when
            the comparison is interrupted or breaks.
        inputs: files that ``output`` must not overwrite.
        shown_prompts: the results of the first so many prompts are kept to be shown.
        max_cost_usd: no request is sent that might pass it; see `modelforge.compare.purse`.
        weighing: how sure intervals are to be, and what does not matter.
    """

    models: Sequence[ModelId]
    cases: Iterable[Case]
    case_count: int
    plan: ComparisonPlan
    output: Output | None = None
    inputs: Sequence[Path] = ()
    shown_prompts: int = 0
    max_cost_usd: Decimal | None = None
    weighing: EvidencePlan = field(default_factory=EvidencePlan)


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonOutcome:
    """What a comparison came to.

    ``shown`` is ordered by prompt, then model, then repeat. ``taken`` results of the ``expected``
    arrived. ``write_error`` is why the output
    could not be written further; the comparison ended there. ``stopped`` is why it ended by itself
    before its last result. ``evidence`` is None of one prompt, of which nothing can be said.
    """

    summaries: tuple[ModelSummary, ...]
    shown: tuple[ComparisonResult, ...]
    complete: bool
    taken: int
    expected: int
    write_error: OSError | None = None
    stopped: str | None = None
    evidence: Evidence | None = None

    @property
    def exit_code(self) -> int:
        """0 when every answer arrived, else 1."""
        failed = any(summary.failed for summary in self.summaries)
        return _SOME_FAILED if failed or not self.complete else _ANSWERED


async def compare(
    source: ContestantSource,
    request: ComparisonRequest,
    *,
    observer: ComparisonObserver,
    stop: asyncio.Event,
    clock: Clock = time.monotonic,
) -> ComparisonOutcome:
    """Run the comparison; ``stop`` ends it early and keeps what has arrived.

    Raises:
        UsageError: before anything is sent.
        BrokenPipeError: the output's reader went away.
    """
    purse = None if request.max_cost_usd is None else Purse(request.max_cost_usd)
    record = _Record(request, observer, purse)
    try:
        async with source.open(request.models) as contestants:
            with open_output(request.output, inputs=request.inputs) as writers:
                record.begin(writers)
                try:
                    await run_comparison(
                        contestants,
                        request.cases,
                        request.plan,
                        deliver=record.take,
                        clock=clock,
                        stop=stop,
                        purse=purse,
                    )
                finally:
                    record.end(stopped=stop.is_set())
    except OSError as error:
        # A full disk must not take the answers from the screen too.
        if record.write_error is None or isinstance(error, BrokenPipeError):
            raise
    return record.outcome(stopped=stop.is_set())


class _Record:
    """Takes every result to everyone who wants it."""

    def __init__(
        self, request: ComparisonRequest, observer: ComparisonObserver, purse: Purse | None
    ) -> None:
        self._purse = purse
        self.write_error: OSError | None = None
        self._request = request
        self._observer = observer
        self._writers: Sequence[ResultWriter] = ()
        self._summaries = {str(model): SummaryBuilder(str(model)) for model in request.models}
        self._observations = Observations(models=[str(model) for model in request.models])
        self._shown: list[ComparisonResult] = []
        self._taken = 0
        self._evidence: Evidence | None = None

    def begin(self, writers: Sequence[ResultWriter]) -> None:
        self._writers = writers
        self._observer.started(
            self._request.models, self._request.case_count * self._request.plan.repeats
        )

    def take(self, result: ComparisonResult) -> None:
        self._taken += 1
        self._summaries[result.model_id].add(result)
        self._observations.add_result(result)
        if result.prompt_index < self._request.shown_prompts:
            self._shown.append(result)
        self._observer.arrived(result)
        try:
            for writer in self._writers:
                writer.write(result)
        except OSError as error:
            self.write_error = error
            raise  # no more is asked once nothing can be kept

    def end(self, *, stopped: bool) -> None:
        if self.write_error is None:
            outcome = self.outcome(stopped=stopped)
            for writer in self._writers:
                writer.close(
                    outcome.summaries,
                    complete=outcome.complete,
                    stopped=outcome.stopped,
                    evidence=self._weighed(),
                )

    def _weighed(self) -> Evidence | None:
        if self._evidence is None and self._observations.prompts > 1:
            from modelforge.compare.evidence import evidence  # noqa: PLC0415 (scipy, only here)

            self._evidence = evidence(self._observations, self._request.weighing)
        return self._evidence

    def outcome(self, *, stopped: bool) -> ComparisonOutcome:
        models = self._request.models
        place = {str(model): index for index, model in enumerate(models)}
        expected = self._request.case_count * self._request.plan.repeats * len(models)
        return ComparisonOutcome(
            summaries=tuple(builder.build() for builder in self._summaries.values()),
            shown=tuple(
                sorted(self._shown, key=lambda r: (r.prompt_index, place[r.model_id], r.repeat))
            ),
            complete=self._taken == expected and not stopped and self.write_error is None,
            taken=self._taken,
            expected=expected,
            write_error=self.write_error,
            stopped=None if self._purse is None else self._purse.stopped,
            evidence=self._weighed(),
        )
