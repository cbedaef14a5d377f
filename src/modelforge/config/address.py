"""Base URLs with parts that environment variables fill."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modelforge.core.address import TEMPLATE, http_url
from modelforge.core.errors import ConfigError, MissingKey

_HOST_PART = re.compile(r"[A-Za-z0-9._-]+\Z")


def filled_url(provider: str, url: str, environ: Mapping[str, str]) -> str:
    """``url`` with every ``{NAME}`` replaced by the variable of that name.

    Raises:
        MissingKey: a variable is not set.
        ConfigError: a variable's value cannot stand in a URL.
    """

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        value = environ.get(name, "").strip()
        if not value:
            raise MissingKey(f"{provider} needs {name} and it is not set: export {name}=…")
        if match.start() and not _HOST_PART.match(value):
            raise ConfigError(
                f"{provider}: {name} cannot be part of {url}: "
                "use letters, digits, '.', '_' and '-' only"
            )
        return value.rstrip("/")

    filled = TEMPLATE.sub(fill, url)
    try:
        return http_url(filled)
    except ValueError as error:
        raise ConfigError(f"{provider}: the address made of {url} {error}") from None
