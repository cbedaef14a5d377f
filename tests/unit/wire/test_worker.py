"""A batch leaves in small steps."""

from __future__ import annotations

import asyncio
from io import BytesIO

import pyarrow as pa

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.record import RECORD
from modelforge.benchmark.workload import Ask
from modelforge.core.prompt import Prompt
from modelforge.wire.exchange import Exchange
from modelforge.wire.reading import Reading
from modelforge.wire.worker import Worker
from tests.support.wire import jobs, target_at


def ended(index: int) -> Exchange:
    return Exchange(
        index=index, phase=Phase.MEASURED, ask=Ask(prompt=Prompt.of("Hi"), source="test")
    )


async def test_the_loop_turns_for_each_column_and_nothing_is_lost_meanwhile() -> None:
    loop, sink = asyncio.get_running_loop(), BytesIO()
    (job,) = jobs(target_at("http://127.0.0.1:1/v1"))
    worker = Worker(job, sink)
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        worker._recorder.add(ended(turns), Reading(), done_ns=0, received=0)
        if not flushing.done():
            loop.call_soon(turn)

    worker._recorder.add(ended(0), Reading(), done_ns=0, received=0)
    flushing = loop.create_task(worker._flush())
    loop.call_soon(turn)
    await flushing
    assert turns >= 3 + len(RECORD)  # the lag, the worker's own state and its words before them
    await worker._flush()
    worker._pen.submit(worker._close).result(30)
    with pa.ipc.open_stream(sink.getvalue()) as stream:
        written = [row["index"] for batch in stream for row in batch.to_pylist()]
    assert sorted(written) == list(range(turns + 1))
