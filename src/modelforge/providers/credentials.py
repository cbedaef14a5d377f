"""API keys: read from the environment, and kept out of everything that is shown."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from modelforge.core.errors import MissingKey

_SHORTEST_SECRET: Final = 4  # a shorter value is a word that may stand in any text
_REDACTED: Final = "[redacted]"


def set_variable(variables: Sequence[str], environ: Mapping[str, str] | None = None) -> str | None:
    """The first of ``variables`` that is set and not blank, None when none is."""
    environ = os.environ if environ is None else environ
    return next((name for name in variables if environ.get(name, "").strip()), None)


def read_key(
    provider: str,
    variables: Sequence[str],
    environ: Mapping[str, str] | None = None,
    *,
    stored: str | None = None,
) -> str | None:
    """The key in the first of ``variables`` that is set, else ``stored``; None: none is needed.

    Raises:
        MissingKey: no variable is set and nothing is stored, or the value cannot be a key; the
            message never shows the value.
    """
    environ = os.environ if environ is None else environ
    variable = set_variable(variables, environ)
    key = stored if variable is None else environ[variable].strip()
    if key is None:
        if not variables:
            return None
        unset = (
            f"none of {', '.join(variables)} is" if len(variables) > 1 else f"{variables[0]} is not"
        )
        raise MissingKey(f"{provider} needs an API key and {unset} set: export {variables[0]}=…")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise MissingKey(
            f"{variable or f'the stored key of {provider}'} cannot be a key: it holds a space, a "
            "line break or a character that is not ASCII; set it again"
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
