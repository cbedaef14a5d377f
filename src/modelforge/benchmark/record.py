"""What is kept of each request: the columns, and the keys of what travels beside them.

A run's file is an Arrow IPC stream of batches in `RECORD`. Its schema carries the plan under
`PLAN_KEY`, and each batch its worker's `Telemetry` under `TELEMETRY_KEY`: one file is a whole
report.

Moments are nanoseconds of the monotonic clock since the run's start, intent and fact apart:
``due_ns <= sent_ns <= first_ns <= last_ns <= done_ns``. In a closed loop and in a
conversation a request is due when the answer before it is complete and the think time is over, so
that due and sent differ by the client's own delay, and by the opening of a connection for it.
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

PLAN_KEY: Final = b"plan"
"""In the metadata of the schema: what was asked, as JSON, without secrets."""

TELEMETRY_KEY: Final = b"telemetry"
"""In the custom metadata of each batch: `Telemetry` as JSON."""


_COLUMNS: Final[list[pa.Field[Any]]] = [
    pa.field("index", pa.int64(), nullable=False),  # over the whole run, whatever the worker
    pa.field("worker", pa.uint8(), nullable=False),
    pa.field("phase", pa.uint8(), nullable=False),  # a `modelforge.benchmark.phase.Phase`
    pa.field("due_ns", pa.int64(), nullable=False),
    pa.field("sent_ns", pa.int64(), nullable=False),  # handed to the socket
    pa.field("first_ns", pa.int64()),  # first token; null: there was none
    pa.field("last_ns", pa.int64()),  # last token; null: there was none
    pa.field("done_ns", pa.int64(), nullable=False),  # answer complete, or failed
    pa.field("prompt_tokens", pa.int32()),  # this and the next three: as the server's usage
    pa.field("completion_tokens", pa.int32()),  # says; null: it did not
    pa.field("cached_tokens", pa.int32()),
    pa.field("reasoning_tokens", pa.int32()),
    pa.field("counted_tokens", pa.int32(), nullable=False),  # events with content or reasoning
    pa.field("counted_reasoning_tokens", pa.int32(), nullable=False),  # those with reasoning
    pa.field("max_gap_ns", pa.int64()),  # longest gap between two such events
    pa.field("bytes", pa.int32(), nullable=False),  # of the answer's body
    pa.field("reused", pa.bool_(), nullable=False),  # sent on a connection kept from before
    pa.field("error", pa.dictionary(pa.int32(), pa.string())),  # its kind; null: success
    pa.field("status", pa.int16(), nullable=False),  # of HTTP; 0: there was none
]

RECORD: Final = pa.schema(_COLUMNS)
"""One row a request."""
