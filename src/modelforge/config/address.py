"""Base URLs, whole or with parts that environment variables fill."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from modelforge.catalogue.provider import TEMPLATE
from modelforge.core.errors import ConfigError, MissingKey

_HOST_PART = re.compile(r"[A-Za-z0-9._-]+\Z")


def http_url(url: str) -> str:
    """``url`` without its trailing slash; parts written ``{NAME}`` are left to be filled.

    Raises:
        ValueError: it is not an http(s) URL with a host and nothing but a path after it.
    """
    whole = TEMPLATE.match(url)
    parts = urlsplit(TEMPLATE.sub("x", f"https://x{url[whole.end() :]}" if whole else url))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// URL with a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user:password@; name a key with api_key_env instead")
    if parts.query or parts.fragment:
        raise ValueError("must have no ?query and no #fragment")
    _ = parts.port  # raises ValueError when it is not a number below 65536
    return url.rstrip("/")


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
