"""Whether a run's figures are the server's, or the client's own limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What may be concluded from a run."""

    VALID = "VALID"
    """Nothing says that the client was the limit."""
    SUSPECT = "SUSPECT"
    """Something may have moved the figures: read the reasons before you use them."""
    INVALID = "INVALID"
    """The figures are not the server's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why, as data: a stable code, what was measured, and the limit it passed or missed.

    ``status`` is what this reason alone makes of the run; VALID is a note.
    """

    code: str
    status: Status
    message: str
    measured: float | None = None
    limit: float | None = None

    @classmethod
    def note(
        cls,
        code: str,
        message: str,
        *,
        measured: float | None = None,
        limit: float | None = None,
    ) -> Reason:
        """What is worth knowing and changes nothing."""
        return cls(code=code, status=Status.VALID, message=message, measured=measured, limit=limit)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The worst of its reasons; ``notes`` are worth knowing and change nothing."""

    status: Status
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceiling:
    """What a calibration found this machine's client to reach at most, with as many workers."""

    requests_per_s: float | None = None
    events_per_s: float | None = None
