"""A worker: one process, one event loop, its part of the load."""

from __future__ import annotations

import asyncio
import gc
import json
from concurrent.futures import ThreadPoolExecutor
from time import monotonic_ns
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa

from modelforge.benchmark.record import RECORD, TELEMETRY_KEY, Phase
from modelforge.benchmark.telemetry import Telemetry
from modelforge.core.errors import RequestError
from modelforge.wire.client import WireClient
from modelforge.wire.exchange import Exchange
from modelforge.wire.job import Job
from modelforge.wire.reading import Reading
from modelforge.wire.recorder import Recorder
from modelforge.wire.run import Run
from modelforge.wire.vitals import Heartbeat, cpu_s, peak_rss_bytes, run_delay_s
from modelforge.wire.words import GO, MESSAGES_KEY, QUIT, READY_KEY, STOP

if TYPE_CHECKING:
    from io import IOBase


class Worker:
    """Works off a job and writes what it measures as an Arrow stream.

    Args:
        sink: where the stream goes.
    """

    def __init__(self, job: Job, sink: IO[bytes]) -> None:
        self._job = job
        self._recorder = Recorder(job.worker)
        self._writer = pa.ipc.new_stream(cast("IOBase", sink), RECORD)
        self._sink = sink
        self._messages: dict[str, str] = {}
        self._seen: set[str] = set()
        self._answered = 0
        self._hopeless: RequestError | None = None
        self._pen = ThreadPoolExecutor(max_workers=1)

    async def work(self, control: asyncio.StreamReader) -> None:
        """Warm up, say so, wait for the word, measure, and say what was measured."""
        job, loop = self._job, asyncio.get_running_loop()
        client = WireClient(
            job.target,
            self._finished,
            timeout_s=job.timeout_s,
            most_connections=job.most_connections,
            keep_text=job.keep_text,
            count_events=job.count_events,
        )
        self._client = client
        self._run = Run(
            client,
            load=job.load,
            limits=job.limits,
            workload=job.workload,
            seed=job.seed,
            worker=job.worker,
            workers=job.workers,
        )
        self._heartbeat = Heartbeat(loop)
        try:
            await self._run.warm_up()
        except RequestError as error:
            self._say_ready(job.target.redact(str(error)))
            return
        if self._hopeless is not None and not self._answered:
            self._say_ready(str(self._hopeless))
            return
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection would stop the loop
        self._say_ready(None)
        line = await control.readline()
        if not line.startswith(GO):
            return
        listening = loop.create_task(self._listen(control))
        self._heartbeat.start()
        flushing = loop.create_task(self._flush_often())
        start_ns = int(line.split()[1])
        self._recorder.start_ns = start_ns
        if job.limits.duration_s is not None:
            self._recorder.ends_ns = start_ns + int(job.limits.duration_s * 1e9)
        await self._run.measure(start_ns)
        for task in (listening, flushing):
            task.cancel()
        self._heartbeat.stop()
        self._flush(final=True)
        await loop.run_in_executor(self._pen, self._writer.close)
        await client.close()

    def _finished(
        self, exchange: Exchange, reading: Reading, /, *, done_ns: int, received: int
    ) -> None:
        error = reading.error
        if error is None:
            self._answered += 1
        elif not error.retryable and exchange.phase is Phase.WARM_UP:
            self._hopeless = error
        if error is not None and error.kind not in self._seen:
            self._seen.add(error.kind)
            self._messages[error.kind] = str(error)
        self._recorder.add(exchange, reading, done_ns=done_ns, received=received)
        self._run.finished(exchange, reading)

    async def _listen(self, control: asyncio.StreamReader) -> None:
        """Obey the parent, and do not outlive it."""
        while line := await control.readline():
            if line.startswith(STOP):
                self._run.stop()
            elif line.startswith(QUIT):
                break
        self._run.stop()
        self._client.abandon()

    async def _flush_often(self) -> None:
        while True:
            await asyncio.sleep(self._job.flush_s)
            self._flush()

    def _flush(self, *, final: bool = False) -> None:
        batch, gaps = self._recorder.batch()
        start_ns = self._recorder.start_ns
        telemetry = Telemetry(
            worker=self._job.worker,
            cpu_s=cpu_s(),
            peak_rss_bytes=peak_rss_bytes(),
            loop_lag_ms=self._heartbeat.lag(),
            in_flight=self._client.in_flight,
            gaps=gaps,
            at_ns=monotonic_ns() - start_ns,
            run_delay_s=run_delay_s(),
            window_ns=self._run.window_ns if final else None,
            unsent_due=self._run.overdue,
            final=final,
        )
        metadata = {TELEMETRY_KEY: telemetry.to_json()}
        if self._messages:
            metadata[MESSAGES_KEY] = json.dumps(self._messages).encode()
            self._messages = {}
        self._pen.submit(self._write, batch, metadata)

    def _write(self, batch: pa.RecordBatch, metadata: dict[bytes, bytes]) -> None:
        """In a thread: a pipe that is full must not stop the loop."""
        self._writer.write_batch(batch, custom_metadata=metadata)
        self._sink.flush()

    def _say_ready(self, trouble: str | None) -> None:
        empty = RECORD.empty_table().to_batches()
        batch = empty[0] if empty else pa.RecordBatch.from_pylist([], schema=RECORD)
        self._write(batch, {READY_KEY: json.dumps(trouble).encode()})
