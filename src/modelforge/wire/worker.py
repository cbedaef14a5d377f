"""A worker: one process, one event loop, its part of the load."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic_ns
from typing import IO, TYPE_CHECKING, Final, cast

import pyarrow as pa

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.record import RECORD, TELEMETRY_KEY
from modelforge.benchmark.telemetry import Telemetry
from modelforge.core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    EmptyResponse,
    Interrupted,
    MalformedResponse,
    NotRecorded,
    RequestError,
    RequestRefused,
)
from modelforge.wire.client import WireClient
from modelforge.wire.exchange import Exchange, Sender
from modelforge.wire.job import GO, MESSAGES_KEY, QUIT, READY_KEY, STOP, Job
from modelforge.wire.reading import Reading
from modelforge.wire.recorder import Recorder
from modelforge.wire.run import Run
from modelforge.wire.target import Target
from modelforge.wire.vitals import Heartbeat, cpu_s, idle_cores_s, peak_rss_bytes, run_delay_s

if TYPE_CHECKING:
    from io import IOBase

    from modelforge.wire.purse import Purse

_BUFFER_BYTES: Final = 1 << 20
_HOPELESS: Final = (
    AuthenticationFailed,
    RequestRefused,
    MalformedResponse,
    EmptyResponse,
    NotRecorded,
)
"""The same request will fail so again."""


class Worker:
    """Works off a job and writes what it measures as an Arrow stream.

    It belongs to the event loop in which it is made.

    Args:
        sink: where the stream goes.
    """

    def __init__(self, job: Job, sink: IO[bytes]) -> None:
        loop = asyncio.get_running_loop()
        self._job = job
        self._recorder = Recorder(job.worker)
        self._sink = sink
        # Arrow writes a batch in dozens of pieces, for each of which it would stop the loop.
        pipe = pa.PythonFile(cast("IOBase", sink), mode="w")
        self._buffer = pa.BufferedOutputStream(pipe, _BUFFER_BYTES)
        self._writer = pa.ipc.new_stream(self._buffer, RECORD)
        self._messages: dict[str, str] = {}
        self._seen: set[str] = set()
        self._pen = ThreadPoolExecutor(max_workers=1)
        self._warm_ups: list[RequestError | None] = []
        self._unconnected = 0
        self._hopeless = False
        self._idle: tuple[float, int] | None = None
        self._purse = self._allowed()
        self._client = self._sender()
        self._run = Run(
            self._client,
            load=job.load,
            limits=job.limits,
            workload=job.workload,
            seed=job.seed,
            worker=job.worker,
            workers=job.workers,
            purse=self._purse,
        )
        self._heartbeat = Heartbeat(loop)
        self._go: asyncio.Future[int] = loop.create_future()

    async def work(self, control: asyncio.StreamReader) -> None:
        """Warm up, say so, wait for the word, measure, and say what was measured."""
        job, loop = self._job, asyncio.get_running_loop()
        listening = loop.create_task(self._listen(control))
        try:
            await self._run.warm_up()
            self._require_hope()
        except RequestError as error:
            if isinstance(error, ConnectionFailed) and error.own_limit:
                self._say_ready(job.target.redact(str(error)))
                return
            self._hopeless = True
            self._run.expect_failure()
        gc.collect()
        gc.freeze()
        gc.disable()  # a collection would stop the loop
        self._say_ready(None)
        start_ns = await self._go
        self._recorder.start_ns = start_ns
        if self._run.lasts_s is not None:
            self._recorder.ends_ns = start_ns + int(self._run.lasts_s * 1e9)
        await self._flush()  # what it used before the start is not its load
        self._heartbeat.start()
        ended = asyncio.Event()
        flushing = loop.create_task(self._flush_until(ended))
        await self._run.measure(start_ns)
        listening.cancel()
        ended.set()
        await flushing
        self._heartbeat.stop()
        await self._flush(final=True)
        await loop.run_in_executor(self._pen, self._close)
        await self._client.close()

    def _finished(
        self, exchange: Exchange, reading: Reading, /, *, done_ns: int, received: int
    ) -> None:
        error = reading.error
        known = error is None or isinstance(error, Interrupted) or error.kind in self._seen
        if error is not None and not known:
            self._seen.add(error.kind)
            self._messages[error.kind] = str(error)
        if exchange.phase is Phase.WARM_UP:
            self._warm_ups.append(error)
        elif isinstance(error, ConnectionFailed):
            self._unconnected += error.own_limit
        self._recorder.add(exchange, reading, done_ns=done_ns, received=received)
        self._run.finished(exchange, reading, done_ns=done_ns)

    def _ended(self, exchange: Exchange, /, *, done_ns: int) -> None:
        self._run.ended(exchange, done_ns=done_ns)

    def _sender(self) -> Sender:
        job, target, purse = self._job, self._job.target, self._purse
        if isinstance(target, Target):
            return WireClient(
                target,
                self._finished,
                self._ended,
                timeout_s=job.timeout_s,
                most_connections=job.most_connections,
                keep_text=job.keep_text,
                count_events=job.count_events,
                pay_again=None if purse is None else lambda exchange: purse.pay_again(exchange.ask),
            )
        from modelforge.wire.port_client import PortClient  # noqa: PLC0415 (for these only)

        return PortClient(
            target,
            self._finished,
            timeout_s=job.timeout_s,
            most_connections=job.most_connections,
            keep_text=job.keep_text,
        )

    def _allowed(self) -> Purse | None:
        """What it may spend; None: as much as it takes."""
        if self._job.allotment is None:
            return None
        from modelforge.wire.purse import Purse  # noqa: PLC0415 (with a limit only)

        return Purse(self._job.allotment, self._job.target.generation)

    def _require_hope(self) -> None:
        """Expect nothing where every warm-up request failed alike, and will fail again.

        Raises:
            RequestError: the first of these failures.
        """
        errors = [error for error in self._warm_ups if isinstance(error, _HOPELESS)]
        if errors and len(errors) == len(self._warm_ups) and len({*map(type, errors)}) == 1:
            raise errors[0]

    async def _listen(self, control: asyncio.StreamReader) -> None:
        """Obey the parent, and do not outlive it."""
        while line := await control.readline():
            if line.startswith(GO):
                self._go.set_result(int(line.split()[1]))
            elif line.startswith(STOP):
                self._stop()
            elif line.startswith(QUIT):
                break
        if not self._go.done():
            os._exit(1)  # nothing was measured, and nobody waits for it
        self._stop()
        self._client.abandon()

    def _stop(self) -> None:
        """What is answered from now on comes after the end, and is in no rate."""
        self._run.stop()
        now_ns, ends_ns = monotonic_ns(), self._recorder.ends_ns
        self._recorder.ends_ns = now_ns if ends_ns is None else min(now_ns, ends_ns)

    async def _flush_until(self, ended: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        while not ended.is_set():
            since_start_ns = monotonic_ns() - self._recorder.start_ns
            with suppress(TimeoutError):
                async with asyncio.timeout(self._job.until_flush_s(since_start_ns)):
                    await ended.wait()
                    return
            self._idle = await loop.run_in_executor(self._pen, idle_cores_s)
            await self._flush()

    async def _flush(self, *, final: bool = False) -> None:
        """Say what was recorded, in turns of the loop: segments do not wait for all of it."""
        taken = self._recorder.take()
        send_lag_ms = taken.send_lag_ms()
        await asyncio.sleep(0)
        idle_s, cores = (None, None) if final or self._idle is None else self._idle
        telemetry = Telemetry(
            worker=self._job.worker,
            cpu_s=cpu_s(),
            peak_rss_bytes=peak_rss_bytes(),
            loop_lag_ms=self._heartbeat.lag_ms(),
            send_lag_ms=send_lag_ms,
            in_flight=self._client.in_flight,
            gaps=taken.gaps,
            reasoning_gaps=taken.reasoning_gaps if taken.reasoning_gaps.count else None,
            at_ns=monotonic_ns() - taken.start_ns,
            run_delay_s=run_delay_s(),
            idle_s=idle_s,
            cores=cores,
            window_ns=self._run.window_ns if final else None,
            unconnected=self._unconnected,
            unsent=self._run.unsent if final else 0,
            final=final,
            stopped=None if self._purse is None else self._purse.stopped,
            hopeless=self._hopeless,
        )
        await asyncio.sleep(0)
        metadata = {TELEMETRY_KEY: telemetry.to_json()}
        if self._messages:
            metadata[MESSAGES_KEY] = json.dumps(self._messages).encode()
            self._messages = {}
        await asyncio.sleep(0)
        columns = []
        for column in taken.columns():
            columns.append(column)
            await asyncio.sleep(0)
        batch = pa.RecordBatch.from_arrays(columns, schema=RECORD)
        self._pen.submit(self._write, batch, metadata)

    def _write(self, batch: pa.RecordBatch, metadata: dict[bytes, bytes]) -> None:
        """In a thread: a pipe that is full must not stop the loop."""
        self._writer.write_batch(batch, custom_metadata=metadata)
        self._buffer.flush()
        self._sink.flush()

    def _close(self) -> None:
        self._writer.close()
        self._buffer.flush()

    def _say_ready(self, trouble: str | None) -> None:
        nothing = pa.RecordBatch.from_pylist([], schema=RECORD)
        self._write(nothing, {READY_KEY: json.dumps(trouble).encode()})
