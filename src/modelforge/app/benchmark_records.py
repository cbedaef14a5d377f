"""A benchmark's records on disk: where they lie, and the report that is made of them."""

from __future__ import annotations

import errno
import mmap
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import platformdirs

from modelforge.benchmark.slo import Slo
from modelforge.core.errors import ModelForgeError, NotARecording, UsageError
from modelforge.core.model_id import ModelId
from modelforge.pricing.tariff import Terms

if TYPE_CHECKING:
    from modelforge.benchmark.recording import Recording
    from modelforge.benchmark.result import BenchmarkResult
    from modelforge.benchmark.verdict import Reason

_UNPRINTED: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 80
_MAPPED_BYTES: Final = 8 * 2**20
"""From that size on a file is mapped; a smaller one, a pipe or a device is read."""
_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_PATHS: Final = {
    "langchain": "through LangChain, which is slower than the wire: the client's own ceiling is"
    " lower, and what LangChain does between the network and its chunks is in every figure",
    "replay": "of recorded answers, which no server gave now: the figures are this client's own",
}


def default_records(model_id: ModelId) -> Path:
    """A new file's path under the state directory of this platform."""
    folder = platformdirs.user_state_path("modelforge") / "benchmarks"
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = _UNPRINTED.sub("-", str(model_id)).strip("-.")[:_LONGEST_NAME]
    return folder / f"{now}-{name}.arrows"


def of_run(path: Path, run: int) -> Path:
    """The file of run ``run``, from 0: the first has ``path`` itself."""
    return path if not run else path.with_name(f"{path.stem}.run{run + 1}{path.suffix}")


def create(path: Path, *, folder: bool) -> IO[bytes]:
    """The file to write records to; ``folder``: make its folder where it is missing.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        if folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
    except OSError as error:
        raise UsageError(
            f"cannot write the records to {path}: {error.strerror or error};"
            " name another file with --records"
        ) from None


@contextmanager
def disk_trouble(path: Path) -> Iterator[None]:
    """Say of a disk that takes no more records what can be done.

    Raises:
        ModelForgeError: in the place of an OSError of the disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise ModelForgeError(
            f"cannot write more records to {path}: {error.strerror}; the run ended, and what was"
            f" written before can be reported with --from-records {path}"
        ) from None


def read(path: Path) -> Recording:
    """What a run left in ``path``, however it ended.

    Raises:
        UsageError: there is no such file, or it is not a recording.
    """
    import pyarrow as pa  # noqa: PLC0415 (what is loaded late does not delay the first request)

    from modelforge.benchmark.recording import read_recording  # noqa: PLC0415 (numpy)

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
    import pyarrow as pa  # noqa: PLC0415 (as in `read`)

    from modelforge.benchmark.recording import keep  # noqa: PLC0415 (as in `read`)

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
    from modelforge.app import kept_calibration  # noqa: PLC0415 (reports only)
    from modelforge.benchmark.summary import summarise_recording  # noqa: PLC0415 (as in `read`)
    from modelforge.benchmark.whole import whole  # noqa: PLC0415 (as in `read`)
    from modelforge.benchmark.without_warm_up import without_warm_up  # noqa: PLC0415 (as above)

    slo = slo or _slo(recordings[0].plan.asked)
    if exclude_warm_up:
        recordings = [without_warm_up(recording) for recording in recordings]
    results = []
    for recording in recordings:
        ceiling, stale = kept_calibration.of_plan(recording.plan.asked)
        result = summarise_recording(
            recording,
            prices=prices,
            slo=slo,
            ceiling=ceiling,
            level=level,
            with_misses=with_misses,
        )
        results.append(_noted(result, recording, stale))
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


def _noted(result: BenchmarkResult, recording: Recording, *more: Reason | None) -> BenchmarkResult:
    """With a note where requests did not go over the wire client, where money ran out, where it
    gave up or was stopped, where answers were not streamed, and with ``more``.
    """
    from modelforge.benchmark.verdict import Reason, Status  # noqa: PLC0415 (as in `read`)

    said = {}
    if through := _PATHS.get(str(result.plan.asked.get("path"))):
        said["slow_path"] = f"a run {through}"
    stopped = {one.worker: one.stopped for one in recording.telemetry if one.stopped is not None}
    if stopped:
        limit = result.plan.asked.get("max_cost_usd")
        said["budget_reached"] = (
            f"stopped before its end: of the ${limit} that it may cost, no other request could be"
            f" paid for certain (worker {', '.join(map(str, sorted(stopped)))}:"
            f" {next(iter(stopped.values()))})"
        )
    if any(one.hopeless for one in recording.telemetry):
        said["gave_up"] = (
            "the server could not be reached, or every warm-up request failed alike: no more than"
            f" a few requests were asked ({_measured_of(result)})"
        )
    if any(one.interrupted for one in recording.telemetry):
        said["interrupted"] = f"stopped early, on request: {_measured_of(result)}"
    without = result.successful_requests - result.ttft_ms.count
    if without:
        said["no_first_token"] = (
            f"{without:,} answers came in one piece or without a token: they have no time to first"
            " token, and no gaps"
        )
    below = result.tokens.below_events
    if below:
        said["few_tokens"] = (
            f"the usage of {below:,} answers has fewer tokens than pieces came: it is of a part of"
            " the answer, or the server cuts its tokens up; token rates and TPOT are by that usage"
        )
    notes = [note for note in more if note is not None]
    notes += [
        Reason(code=code, status=Status.VALID, message=message) for code, message in said.items()
    ]
    if not notes:
        return result
    verdict = replace(result.verdict, notes=(*result.verdict.notes, *notes))
    return replace(result, verdict=verdict)
