"""What a command ends with; docs/reference/exit-codes.md says what each means."""

from __future__ import annotations

from typing import Final

EXIT_USAGE: Final = 2
EXIT_DEFECT: Final = 70
EXIT_BY_SIGNAL: Final = 128
"""And the number of the signal that ended it."""
EXIT_INTERRUPTED: Final = 130
EXIT_BROKEN_PIPE: Final = 141
