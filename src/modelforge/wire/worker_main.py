"""``python -m modelforge.wire.worker_main``: a worker, told by its standard input.

The first line is the length of a pickled `Job`, which follows; then come the words of
`modelforge.wire.job`, a line each. Records leave through the standard output. The end of the
input is the end of the parent, and so of the worker.
"""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import sys
from collections.abc import Coroutine
from typing import IO, Any

from modelforge.core.event_loop import new_event_loop
from modelforge.wire.job import Job
from modelforge.wire.recorder import Recorder
from modelforge.wire.time_slice import ask_for_short_slices
from modelforge.wire.worker import Worker


def main() -> None:
    """Do one job."""
    sink = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)  # whatever prints, prints to stderr and not into the records
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    ask_for_short_slices()
    _load()
    length = _line(source)
    if not length:
        return  # the parent had no job after all
    job: Job = pickle.loads(_exactly(source, int(length)))  # noqa: S301 (from our parent)
    try:
        _run(_work(job, source, sink))
        sink.close()
        os._exit(0)  # everything is written: taking the process apart would only take time
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(1)  # the parent is gone, and with it whoever could be told


def _load() -> None:
    """What a run needs and loads at its first use, while the parent prepares the job."""
    Recorder(0)
    if sys.platform != "win32":
        import uvloop  # noqa: F401, PLC0415 (not on every platform)
    gc.collect()
    gc.freeze()  # so that the collection before the run is a short one


def _run(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(work)


async def _work(job: Job, source: IO[bytes], sink: IO[bytes]) -> None:
    control = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_end_with_it)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(control), source)
    await Worker(job, sink).work(control)


def _end_with_it(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What the loop called failed, as a workload of one's own may: what it was to set going would
    never come, and the run never end. A connection that fails is none of that.
    """
    loop.default_exception_handler(context)
    called = "handle" in context or "protocol" in context
    if called and not isinstance(context.get("exception"), OSError):
        os._exit(1)  # the parent misses it, and says so


def _line(source: IO[bytes]) -> bytes:
    line = b""
    while not line.endswith(b"\n") and (byte := source.read(1)):
        line += byte
    return line


def _exactly(source: IO[bytes], count: int) -> bytes:
    pieces = []
    while count and (piece := source.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


if __name__ == "__main__":
    main()
