"""Starts workers, gathers their records and keeps them on disk as they come."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from queue import SimpleQueue
from time import monotonic_ns
from typing import IO, TYPE_CHECKING, Final

from modelforge.core.errors import CannotBegin, Interrupted
from modelforge.wire.job import GO, MESSAGES_KEY, QUIT, READY_KEY, STOP, Job
from modelforge.wire.process import WorkerProcess, worker_processes

if TYPE_CHECKING:
    import pyarrow as pa

    from modelforge.wire.record_file import RecordFile

_HEAD_START_NS: Final = 20_000_000
"""From the word to begin to the beginning, so that every worker has heard it."""
_ALONE_NS: Final = 5_000_000
"""The same of one worker, which has to begin with nobody."""

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
        self._running = {job.worker for job in jobs}
        self._waiting = set(self._running)
        self._final: set[int] = set()
        self._trouble: str | None = None
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
        # The workers have their jobs by now, and begin while this process loads Arrow.
        from modelforge.wire.record_file import batches_of  # noqa: PLC0415 (Arrow)

        for batch, metadata in batches_of(process.output):
            self._heard.put(_Heard(worker=worker, batch=batch, metadata=metadata))
            del batch  # it is the gatherer's
        self._heard.put(_Heard(worker=worker, batch=None, metadata={}))

    def _gather(self) -> Outcome:
        from modelforge.benchmark.record import TELEMETRY_KEY  # noqa: PLC0415 (as in `_listen`)
        from modelforge.wire.record_file import RecordFile  # noqa: PLC0415 (as in `_listen`)

        with closing(RecordFile(self._file, self._plan)) as records:
            while self._running:
                heard = self._heard.get()
                said = heard.metadata
                if heard.batch is not None and READY_KEY not in said:
                    self._keep(heard.batch, said[TELEMETRY_KEY], said.get(MESSAGES_KEY), records)
                    del heard  # its batch is large, and the next one comes in a while
                    continue
                if heard.batch is None:
                    self._ended(heard.worker, records)
                elif trouble := json.loads(said[READY_KEY]):
                    self._trouble = self._trouble or trouble
                self._waiting.discard(heard.worker)
                if not self._begun:
                    self._begin_when_ready()
        return self._outcome

    def _keep(
        self,
        batch: pa.RecordBatch,
        telemetry: bytes,
        messages: bytes | None,
        records: RecordFile,
    ) -> None:
        said = json.loads(telemetry)
        if said["final"]:
            self._final.add(said["worker"])
        more = {"parent_pauses": self._pauses, "interrupted": bool(self._stops)}
        if any(more.values()):
            telemetry = json.dumps(said | more, separators=(",", ":")).encode()
        records.keep(batch, telemetry)
        if messages is not None:
            self._outcome.messages = json.loads(messages) | self._outcome.messages
        if self._on_batch is not None:
            self._on_batch(batch, telemetry)

    def _ended(self, worker: int, records: RecordFile) -> None:
        self._running.discard(worker)
        if worker not in self._final:
            self._outcome.lost.append(worker)
            if self._begun:
                records.keep_loss(worker)

    def _begin_when_ready(self) -> None:
        """Name one start for all, once every worker is ready.

        Raises:
            CannotBegin: one cannot.
            Interrupted: it is not wanted any more.
        """
        if self._stops:
            raise Interrupted("interrupted before anything was measured")
        if self._trouble is not None:
            raise CannotBegin(self._trouble)
        if self._outcome.lost:
            raise CannotBegin(f"worker {self._outcome.lost[0]} ended before it could begin")
        if not self._waiting:
            self._begun = True
            head_start_ns = _ALONE_NS if len(self._processes) == 1 else _HEAD_START_NS
            start_ns = monotonic_ns() + head_start_ns
            for process in self._processes:
                process.tell(b"%b %d" % (GO, start_ns))
