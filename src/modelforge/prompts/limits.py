"""How much is too much: what bounds the memory that any input can take."""

from __future__ import annotations

from typing import Final

ROW_LIMIT: Final = 16 * 2**20
"""The most bytes or characters of one row of a file, one prompt, or one rendered template."""

SPOOL_LIMIT: Final = 4 * 2**30
"""The most bytes of a stream that is kept in a temporary file to be read again."""
