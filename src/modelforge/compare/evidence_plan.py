"""How a comparison is to be weighed."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelforge.compare.margins import Margins
from modelforge.core.errors import UsageError

_LEAST, _MOST = 0.5, 0.9999


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidencePlan:
    """How sure intervals and verdicts are to be, and what differences do not matter.

    Attributes:
        level: of the intervals; p values are held against what it leaves of 1.

    Raises:
        UsageError: the level is not within 0.5 and 0.9999.
    """

    level: float = 0.95
    margins: Margins = field(default_factory=Margins)

    def __post_init__(self) -> None:
        require_level(self.level)


def require_level(level: float) -> None:
    """Refuse what is no confidence.

    Raises:
        UsageError: it is not within 0.5 and 0.9999.
    """
    if not _LEAST <= level <= _MOST:
        raise UsageError(
            f"a confidence lies within {_LEAST:g} and {_MOST:g}, such as 0.95, and is not {level:g}"
        )
