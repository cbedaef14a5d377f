"""The words between a worker and its parent."""

from __future__ import annotations

from typing import Final

GO: Final = b"go"
"""To a worker, followed by the run's start in nanoseconds of the monotonic clock."""

STOP: Final = b"stop"
"""To a worker: send no more; answers may still come in."""

QUIT: Final = b"quit"
"""To a worker: break off what is in flight."""

READY_KEY: Final = b"ready"
"""In the metadata of a worker's first batch, which is empty: JSON, null or why it cannot begin."""

MESSAGES_KEY: Final = b"messages"
"""In a batch's metadata: the first message of each kind of error, as JSON."""
