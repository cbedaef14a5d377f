"""Where an answer goes."""

from __future__ import annotations

from typing import Protocol

from modelforge.simulator.delivery import Delivery


class Line(Protocol):
    """The client's side of one request."""

    @property
    def delivery(self) -> Delivery:
        """What the client can take."""
        ...

    def write(self, data: bytes) -> None:
        """Send ``data``."""
        ...

    def end(self) -> None:
        """The answer is complete; the connection may be used again."""
        ...

    def drop(self) -> None:
        """Send what was written and close the connection."""
        ...

    def reset(self) -> None:
        """Break the connection: the client reads a reset, not an end."""
        ...
