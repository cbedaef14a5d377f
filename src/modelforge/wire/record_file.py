"""Records on their way from the workers' pipes to the disk. This loads Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa

from modelforge.benchmark.record import PLAN_KEY, RECORD, TELEMETRY_KEY
from modelforge.benchmark.telemetry import Telemetry
from modelforge.stats.histogram import LogHistogram

if TYPE_CHECKING:
    from io import IOBase


def batches_of(output: IO[bytes]) -> Iterator[tuple[pa.RecordBatch, Mapping[bytes, bytes]]]:
    """What a worker writes to ``output``, as it comes: batches with their custom metadata.

    The worker's end is the end of it, however it ended.
    """
    # Arrow's own allocator would keep some 16 MiB for the few batches that pass through.
    pool = pa.system_memory_pool()
    try:
        with pa.ipc.open_stream(cast("IOBase", output), memory_pool=pool) as stream:
            while True:
                batch, metadata = stream.read_next_batch_with_custom_metadata()
                yield batch, metadata or {}
                del batch  # one at a time is in memory
    except (StopIteration, pa.ArrowException, OSError, ValueError):
        return  # ValueError: the end of the pipe was closed here, since the run is over


class RecordFile:
    """The records of all workers as one Arrow IPC stream, which is flushed after each batch.

    Args:
        file: where it goes.
        plan: kept in the metadata of the stream's schema.
    """

    def __init__(self, file: IO[bytes], plan: bytes) -> None:
        self._file = file
        schema = RECORD.with_metadata({PLAN_KEY: plan})
        self._writer = pa.ipc.new_stream(cast("IOBase", file), schema)

    def keep(self, batch: pa.RecordBatch, telemetry: bytes) -> None:
        """Write a batch with its worker's telemetry: whatever ends this process, it can be read.

        Raises:
            OSError: the disk takes no more.
        """
        self._writer.write_batch(batch, custom_metadata={TELEMETRY_KEY: telemetry})
        self._file.flush()

    def keep_loss(self, worker: int) -> None:
        """Write that ``worker`` ended without a last word: whoever reads the records could not tell
        that from a run that was killed whole.
        """
        said = Telemetry(
            worker=worker,
            cpu_s=0.0,
            peak_rss_bytes=0,
            loop_lag_ms=LogHistogram(),
            in_flight=0,
            lost=True,
        )
        self.keep(pa.RecordBatch.from_pylist([], schema=RECORD), said.to_json())

    def close(self) -> None:
        """End the stream; the file stays open."""
        self._writer.close()
