"""One request as it was read."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.simulator.api_error import ApiError
from modelforge.simulator.delivery import Delivery
from modelforge.simulator.wire import Wire


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """What was asked and how it is answered; ``path`` has no query.

    ``refused`` is why it could not be read to its end: it takes its turn like any other.
    """

    method: str
    path: str
    body: bytes
    wire: Wire
    delivery: Delivery
    refused: ApiError | None = None
