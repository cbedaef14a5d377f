"""What was asked of a run, as its recording carries it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What the report has to know of what was asked, and the rest as it was asked.

    Attributes:
        model: ``provider/model``.
        open_loop: requests were due at moments of their own, whatever the answers did.
        workers: how many processes were to send; each is to say goodbye in its last telemetry.
        asked: everything else, of JSON's types, without secrets.
    """

    model: str
    open_loop: bool = False
    workers: int = 1
    asked: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """The value of `modelforge.benchmark.record.PLAN_KEY`."""
        return json.dumps(
            {
                "model": self.model,
                "open_loop": self.open_loop,
                "workers": self.workers,
                "asked": dict(self.asked),
            },
            allow_nan=False,
        ).encode()

    @classmethod
    def from_json(cls, text: bytes | str) -> Plan:
        """The plan that gave ``text``.

        Raises:
            ValueError: it is not one.
        """
        try:
            document = json.loads(text)
            return cls(
                model=str(document["model"]),
                open_loop=bool(document["open_loop"]),
                workers=int(document["workers"]),
                asked=dict(document["asked"]),
            )
        except (KeyError, TypeError, ValueError) as cause:
            raise ValueError(f"not the plan of a benchmark: {cause!r}") from cause
