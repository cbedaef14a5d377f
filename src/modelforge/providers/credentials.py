"""API keys: read from the environment, and kept out of everything that is shown."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Final

from modelforge.core.errors import MissingKey

_SHORTEST_SECRET: Final = 4  # a shorter value is a word that may stand in any text
_REDACTED: Final = "[redacted]"


def read_key(
    provider: str, variable: str | None, environ: Mapping[str, str] | None = None
) -> str | None:
    """The key in ``variable``, or None when the provider needs none.

    Raises:
        MissingKey: the variable is unset or blank, or cannot be a key; never shows its value.
    """
    if variable is None:
        return None
    key = (os.environ if environ is None else environ).get(variable, "").strip()
    if not key:
        raise MissingKey(
            f"{provider} needs an API key and {variable} is not set: export {variable}=…"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise MissingKey(
            f"{variable} cannot be a key: it holds a space, a line break or a character that is "
            "not ASCII; set it again"
        )
    return key


class Redactor:
    """Removes known secrets from text that is about to be shown or kept."""

    def __init__(self, secrets: Iterable[str | None]) -> None:
        # Longest first, so that a secret that contains another is removed whole.
        self._secrets = sorted(
            {secret for secret in secrets if secret and len(secret) >= _SHORTEST_SECRET},
            key=len,
            reverse=True,
        )

    def __call__(self, text: str) -> str:
        """``text`` with every secret replaced."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, _REDACTED)
        return text
