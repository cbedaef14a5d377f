"""The report of a benchmark, made of the records that it left."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from modelforge.app import kept_calibration
from modelforge.benchmark.recording import Recording, keep, read_recording
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.verdict import Reason
from modelforge.benchmark.whole import whole
from modelforge.benchmark.without_warm_up import without_warm_up
from modelforge.core.errors import NotARecording, UsageError
from modelforge.pricing.tariff import Terms

_MAPPED_BYTES: Final = 8 * 2**20
"""From that size on a file is mapped; a smaller one, a pipe or a device is read."""
_PATHS: Final = {
    "langchain": "through LangChain, which is slower than the wire: the client's own ceiling is"
    " lower, and what LangChain does between the network and its chunks is in every figure",
    "replay": "of recorded answers, which no server gave now: the figures are this client's own",
}


def read(path: Path) -> Recording:
    """What a run left in ``path``, however it ended.

    Raises:
        UsageError: there is no such file, or it is not a recording.
    """
    try:
        with path.open("rb") as file:
            source, let_go = _mapped(file)
            with pa.ipc.open_stream(source) as stream:
                batches = stream.iter_batches_with_custom_metadata()
                return read_recording(stream.schema, batches, let_go=let_go)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except pa.ArrowException:
        if path.is_file() and not path.stat().st_size:
            raise UsageError(
                f"{path} is empty: a run that was killed before it began to measure leaves it so"
            ) from None
        raise UsageError(f"{path} is not the recording of a benchmark") from None
    except NotARecording as error:
        raise UsageError(f"{path}: {error}") from None


def _mapped(file: IO[bytes]) -> tuple[Any, Callable[[], None]]:
    """What Arrow may read of ``file``, and how to let go of what was read.

    A long run's records are left on the disk, and a column at a time is in memory.
    """
    if os.fstat(file.fileno()).st_size < _MAPPED_BYTES or not hasattr(mmap, "MADV_DONTNEED"):
        return file, keep
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return pa.py_buffer(mapped), lambda: mapped.madvise(mmap.MADV_DONTNEED)


def report(
    recordings: Sequence[Recording],
    *,
    prices: Terms,
    slo: Slo | None = None,
    level: float = 0.95,
    exclude_warm_up: bool = False,
    with_misses: bool = False,
) -> BenchmarkResult:
    """The result of one run, or of several with the single ones in its ``runs``.

    ``slo`` replaces the one that the recording was made with; ``level`` is of the intervals.
    ``with_misses``: keep which requests missed it, of each single run.
    """
    slo = slo or _slo(recordings[0].plan.asked)
    if exclude_warm_up:
        recordings = [without_warm_up(recording) for recording in recordings]
    results = []
    for recording in recordings:
        ceiling, stale = kept_calibration.of_plan(recording.plan.asked)
        result = summarise(
            recording,
            prices=prices,
            slo=slo,
            ceiling=ceiling,
            level=level,
            with_misses=with_misses,
        )
        notes = (*filter(None, [stale]), *_notes(result, recording))
        verdict = replace(result.verdict, notes=(*result.verdict.notes, *notes))
        results.append(replace(result, verdict=verdict))
    if len(results) == 1:
        return results[0]
    return whole(recordings, results, prices=prices, slo=slo, level=level)


def _slo(asked: Any) -> Slo | None:
    limits = asked.get("slo_ms")
    if not isinstance(limits, dict):
        return None
    try:
        return Slo(**{str(name): float(limit) for name, limit in limits.items()})
    except (TypeError, ValueError):
        return None  # another version's


def _measured_of(result: BenchmarkResult) -> str:
    """How long it measured and how much, of how long and how much was asked."""
    seconds, requests = result.plan.asked.get("duration_s"), result.plan.asked.get("requests")
    measured = f"it measured for {result.total_duration:,.1f} s"
    if seconds is not None:
        measured += f" of {seconds:,g} s"
    if requests is not None:
        measured += f", {result.total_requests:,} of {requests:,} requests"
    return measured


def _notes(result: BenchmarkResult, recording: Recording) -> Iterator[Reason]:
    """That requests did not go over the wire client, that money ran out, that it gave up or was
    stopped, that answers were not streamed, or that usage and pieces do not go together.
    """
    asked = result.plan.asked
    if through := _PATHS.get(str(asked.get("path"))):
        yield Reason.note("slow_path", f"a run {through}")
    stopped = {one.worker: one.stopped for one in recording.telemetry if one.stopped is not None}
    if stopped:
        workers, why = ", ".join(map(str, sorted(stopped))), next(iter(stopped.values()))
        yield Reason.note(
            "budget_reached",
            f"stopped before its end: of the ${asked.get('max_cost_usd')} that it may cost, no"
            f" other request could be paid for certain (worker {workers}: {why})",
        )
    if any(one.hopeless for one in recording.telemetry):
        yield Reason.note(
            "gave_up",
            "the server could not be reached, or every warm-up request failed alike: no more than"
            f" a few requests were asked ({_measured_of(result)}); mend what the errors say first",
        )
    if any(one.interrupted for one in recording.telemetry):
        yield Reason.note("interrupted", f"stopped early, on request: {_measured_of(result)}")
    if without := result.successful_requests - result.ttft_ms.count:
        yield Reason.note(
            "no_first_token",
            f"{without:,} answers came in one piece or without a token: they have no time to first"
            " token, and no gaps",
        )
    if below := result.tokens.below_events:
        yield Reason.note(
            "few_tokens",
            f"the usage of {below:,} answers has fewer tokens than pieces came: it is of a part of"
            " the answer, or the server cuts its tokens up; token rates and TPOT are by that usage",
        )
