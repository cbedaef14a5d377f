"""API keys: read from the environment, and kept out of everything that is shown."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Final

from modelforge.core.errors import MissingKey

_SHORTEST_SECRET: Final = 8
"""A shorter value is a word or a placeholder (``test``, ``EMPTY``) that may stand in any answer."""

_PREFIX: Final = 12
"""So much of a longer secret gives it away where the rest was cut off."""

_REDACTED: Final = "[redacted]"

_CREDENTIAL_HEADER: Final = re.compile(
    r"auth|key|token|secret|cookie|password|credential|signature", re.IGNORECASE
)


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


def header_secrets(headers: Mapping[str, str]) -> list[str]:
    """The secrets in ``headers``: the values of those named like a credential.

    Of ``Authorization: Bearer sk-…`` both the whole value and what follows the scheme.
    """
    values = [value for name, value in headers.items() if _CREDENTIAL_HEADER.search(name)]
    return values + [value.rpartition(" ")[2] for value in values]


class Redactor:
    """Removes known secrets from text that is about to be shown or kept.

    Also as Python and JSON would escape them, and where a text was cut off within one.
    """

    def __init__(self, secrets: Iterable[str | None]) -> None:
        patterns = []
        # Longest first, so that a secret that contains another is removed whole.
        for secret in sorted({s for s in secrets if s}, key=len, reverse=True):
            if len(secret) < _SHORTEST_SECRET:
                continue
            forms = {secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]}
            patterns += [re.escape(form) for form in sorted(forms, key=len, reverse=True)]
            if len(secret) > _PREFIX:
                patterns.append(re.escape(secret[:_PREFIX]) + r"[^\s'\"]*")
        self._pattern = re.compile("|".join(patterns)) if patterns else None

    def __call__(self, text: str) -> str:
        """``text`` with every secret replaced."""
        return text if self._pattern is None else self._pattern.sub(_REDACTED, text)
