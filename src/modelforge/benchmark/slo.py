"""The limits that make an answer good enough: what goodput counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from modelforge.core.errors import UsageError

_MS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_LIMIT = re.compile(r"\s*(\w+)\s*=\s*(\d+\.?\d*|\.\d+)\s*([a-z]*)\s*", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slo:
    """A service level objective: the most that each measure of one request may be, in ms.

    None is no limit. A request meets the objective when it succeeded and meets every limit. A
    stream without a token has no TTFT and meets no limit on it; a stream of one token has no gap
    and meets every limit on gaps, as in vLLM's goodput.

    Attributes:
        ttft: from sent to the first token.
        itl: the mean gap between the request's token events.
        max_itl: its longest gap.
        tpot: time per output token after the first.
        e2e: from sent to done.
        ttft_from_due, e2e_from_due: the same from the moment the request was due.
    """

    ttft: float | None = None
    itl: float | None = None
    max_itl: float | None = None
    tpot: float | None = None
    e2e: float | None = None
    ttft_from_due: float | None = None
    e2e_from_due: float | None = None

    @classmethod
    def parse(cls, text: str) -> Slo:
        """``ttft=500ms,itl=50ms,e2e=2s``: limits by name, each with its unit (us, ms, s, m).

        Raises:
            UsageError: it is not that.
        """
        names = [field.name for field in fields(cls)]
        limits: dict[str, float] = {}
        for part in text.split(","):
            match = _LIMIT.fullmatch(part)
            if match is None and "@" in part:
                raise UsageError(
                    f"SLO {part.strip()!r}: a share, as @p99, is of --find-max alone;"
                    " goodput counts each request: leave it out"
                )
            if match is None or match[3] not in _MS:
                raise UsageError(
                    f"SLO {part.strip()!r}: a limit is written name=number and unit,"
                    " as in ttft=500ms or e2e=2s"
                )
            if match[1] not in names:
                raise UsageError(f"SLO {match[1]!r} is no measure; there are {', '.join(names)}")
            if match[1] in limits:
                raise UsageError(f"SLO {match[1]!r} is limited twice")
            limits[match[1]] = float(match[2]) * _MS[match[3]]
            if not 0 < limits[match[1]] < float("inf"):
                raise UsageError(f"SLO {part.strip()!r}: a limit is more than 0")
        return cls(**limits)

    def limits_ms(self) -> Iterator[tuple[str, float]]:
        """The limits there are, by name."""
        for field in fields(self):
            limit = getattr(self, field.name)
            if limit is not None:
                yield field.name, limit
