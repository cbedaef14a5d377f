"""API keys: read from the environment, and kept out of everything that is shown."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
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


def header_secrets(headers: Mapping[str, str]) -> list[str]:
    """The secrets in ``headers``: the values of those named like a credential.

    Of ``Authorization: Bearer sk-…`` both the whole value and what follows the scheme.
    """
    values = [value for name, value in headers.items() if _CREDENTIAL_HEADER.search(name)]
    return values + [value.rpartition(" ")[2] for value in values]


def public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of ``headers`` that are not named like a credential."""
    return {name: value for name, value in headers.items() if not _CREDENTIAL_HEADER.search(name)}


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
