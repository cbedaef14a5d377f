"""Starts workers, gathers their records and keeps them on disk as they come."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import monotonic_ns
from typing import IO, TYPE_CHECKING, Any, Final, cast

from modelforge.core.errors import CannotBegin, Interrupted
from modelforge.wire.job import GO, MESSAGES_KEY, QUIT, READY_KEY, STOP, Job
from modelforge.wire.process import WorkerProcess, worker_processes

_HEAD_START_NS: Final = 20_000_000
"""From the word to begin to the beginning, so that every worker has heard it."""
_ALONE_NS: Final = 5_000_000
"""The same of one worker, which has to begin with nobody."""

if TYPE_CHECKING:
    from io import IOBase

    import pyarrow as pa

OnBatch = Callable[["pa.RecordBatch", bytes], None]
"""Takes each batch of a worker and its telemetry as JSON, as it comes."""


@dataclass(kw_only=True, slots=True)
class Outcome:
    """How a run went, beside its records.

    Attributes:
        messages: the first message of each kind of error.
        lost: the workers that ended without a last word.
    """

    messages: dict[str, str] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Heard:
    worker: int
    batch: pa.RecordBatch | None
    metadata: Mapping[bytes, bytes]


class Coordinator:
    """Runs one job in one process for each worker.

    The records of all workers go to ``file`` as one Arrow IPC stream, which is flushed after each
    batch: whatever ends this process, what was flushed can be read. A worker ends with its parent,
    since its input does.

    Args:
        jobs: one for each worker, that differ in ``worker`` only.
        plan: kept in the metadata of the stream's schema.
        file: where the stream goes.
        on_batch: told of every batch once it is written.
        processes: workers that were started before, one a job; without, they are started by
            ``run``. They have ended after it in both cases.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        plan: bytes,
        file: IO[bytes],
        on_batch: OnBatch | None = None,
        processes: Sequence[WorkerProcess] = (),
    ) -> None:
        self._jobs = jobs
        self._file = file
        self._plan = plan
        self._on_batch = on_batch
        self._heard: SimpleQueue[_Heard] = SimpleQueue()
        self._processes = list(processes)
        self._outcome = Outcome()
        self._begun = False
        self._stops = 0
        self._pauses = 0

    @property
    def messages(self) -> Mapping[str, str]:
        """The first message of each kind of error so far."""
        return self._outcome.messages

    def run(self) -> Outcome:
        """Start the workers, and wait until the last of them has ended.

        Raises:
            CannotBegin: no worker could ask the first request; the message says why.
            Interrupted: it was stopped before it began to measure.
        """
        with worker_processes(len(self._jobs) - len(self._processes)) as started:
            self._processes += started
            try:
                for job, process in zip(self._jobs, self._processes, strict=True):
                    self._start(job, process)
                return self._gather()
            finally:
                for process in self._processes:
                    process.let_go()
                for process in self._processes:
                    process.end()

    def stop(self) -> None:
        """Send no more; answers may still come in. The second time, break them off.

        Before anything is measured it ends the workers at once.
        """
        word, self._stops = (QUIT if self._stops else STOP), self._stops + 1
        for process in self._processes:
            if self._begun:
                process.tell(word)
            else:
                process.kill()

    def was_stopped(self) -> None:
        """This process did not run for a while, and goes on."""
        self._pauses += self._begun

    def _start(self, job: Job, process: WorkerProcess) -> None:
        if self._stops:
            process.kill()
        process.give(job)
        threading.Thread(target=self._listen, args=(job.worker, process), daemon=True).start()

    def _listen(self, worker: int, process: WorkerProcess) -> None:
        import pyarrow as pa  # noqa: PLC0415 (the workers have their jobs, and begin meanwhile)

        try:
            # Arrow's own allocator would keep some 16 MiB for the few batches that pass through.
            pool = pa.system_memory_pool()
            output = cast("IOBase", process.output)
            with pa.ipc.open_stream(output, memory_pool=pool) as stream:
                while True:
                    batch, metadata = stream.read_next_batch_with_custom_metadata()
                    self._heard.put(_Heard(worker=worker, batch=batch, metadata=metadata or {}))
                    del batch  # it is the gatherer's: one at a time is in memory
        except (StopIteration, pa.ArrowException, OSError, ValueError):
            # ValueError: the end of the pipe was closed here, since the run is over.
            self._heard.put(_Heard(worker=worker, batch=None, metadata={}))

    def _gather(self) -> Outcome:
        import pyarrow as pa  # noqa: PLC0415 (as in `_listen`)

        from modelforge.benchmark.record import PLAN_KEY, RECORD, TELEMETRY_KEY  # noqa: PLC0415

        outcome = self._outcome
        running = {job.worker for job in self._jobs}
        final: set[int] = set()
        waiting: set[int] = set(running)
        troubles: list[str] = []
        schema = RECORD.with_metadata({PLAN_KEY: self._plan})
        with pa.ipc.new_stream(cast("IOBase", self._file), schema) as writer:
            while running:
                heard = self._heard.get()
                if heard.batch is None:
                    running.discard(heard.worker)
                    waiting.discard(heard.worker)
                    if heard.worker not in final:
                        outcome.lost.append(heard.worker)
                        self._keep_loss(heard.worker, writer)
                elif READY_KEY in heard.metadata:
                    if trouble := json.loads(heard.metadata[READY_KEY]):
                        troubles.append(trouble)
                    waiting.discard(heard.worker)
                else:
                    self._keep(heard, writer, outcome)
                    if json.loads(heard.metadata[TELEMETRY_KEY])["final"]:
                        final.add(heard.worker)
                    del heard  # its batch is large, and the next one comes in a while
                    continue
                if not self._begun:
                    self._begin_when_ready(waiting, troubles)
        return outcome

    def _keep(self, heard: _Heard, writer: Any, outcome: Outcome) -> None:
        from modelforge.benchmark.record import TELEMETRY_KEY  # noqa: PLC0415 (as in `_gather`)

        telemetry = heard.metadata[TELEMETRY_KEY]
        more = {"parent_pauses": self._pauses, "interrupted": bool(self._stops)}
        if any(more.values()):
            told = json.loads(telemetry) | more
            telemetry = json.dumps(told, separators=(",", ":")).encode()
        writer.write_batch(heard.batch, custom_metadata={TELEMETRY_KEY: telemetry})
        self._file.flush()
        if messages := heard.metadata.get(MESSAGES_KEY):
            outcome.messages = json.loads(messages) | outcome.messages
        if self._on_batch is not None and heard.batch is not None:
            self._on_batch(heard.batch, telemetry)

    def _keep_loss(self, worker: int, writer: Any) -> None:
        """Whoever reads the records cannot tell a lost worker from a run that was killed whole."""
        if not self._begun:
            return
        import pyarrow as pa  # noqa: PLC0415 (as in `_listen`)

        from modelforge.benchmark.record import RECORD, TELEMETRY_KEY  # noqa: PLC0415 (as in `_gather`)
        from modelforge.benchmark.telemetry import Telemetry  # noqa: PLC0415 (as good as never)
        from modelforge.stats.histogram import LogHistogram  # noqa: PLC0415 (numpy)

        said = Telemetry(
            worker=worker,
            cpu_s=0.0,
            peak_rss_bytes=0,
            loop_lag_ms=LogHistogram(),
            in_flight=0,
            lost=True,
        )
        nothing = pa.RecordBatch.from_pylist([], schema=RECORD)
        writer.write_batch(nothing, custom_metadata={TELEMETRY_KEY: said.to_json()})
        self._file.flush()

    def _begin_when_ready(self, waiting: set[int], troubles: list[str]) -> None:
        if self._stops:
            raise Interrupted("interrupted before anything was measured")
        if troubles:
            raise CannotBegin(troubles[0])
        if self._outcome.lost:
            raise CannotBegin(f"worker {self._outcome.lost[0]} ended before it could begin")
        if not waiting:
            self._begun = True
            head_start_ns = _ALONE_NS if len(self._processes) == 1 else _HEAD_START_NS
            start_ns = monotonic_ns() + head_start_ns
            for process in self._processes:
                process.tell(b"%b %d" % (GO, start_ns))
