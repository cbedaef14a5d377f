"""Where a server is: its base URL, and the names of the variables it is set up with."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

TEMPLATE: Final = re.compile(r"\$?\{([A-Z][A-Z0-9_]*)\}")
"""A part of a URL that an environment variable fills: ``{NAME}`` or ``${NAME}``."""

_UNPRINTED = re.compile(r"[\x00-\x20\x7f-\xa0\ud800-\udfff]")
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*|[0-9][A-Z0-9_]*)\Z")
# Small letters and digits in one long word: variables are not named so, keys are.
_LOOKS_LIKE_A_KEY = re.compile(r"(?=\w*[a-z])(?=\w*[0-9])\w{16,}")


def http_url(url: str) -> str:
    """``url`` without its trailing slash; parts written ``{NAME}`` are left to be filled.

    Raises:
        ValueError: it is not an http(s) URL with a host and nothing but a path after it.
    """
    if _UNPRINTED.search(url):
        raise ValueError("must hold no space and no control character")
    whole = TEMPLATE.match(url)
    parts = urlsplit(TEMPLATE.sub("x", f"https://x{url[whole.end() :]}" if whole else url))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// URL with a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user:password@; keys are named with api_key_env")
    if "?" in url or "#" in url:
        raise ValueError("must have no ?query and no #fragment")
    _ = parts.port  # raises ValueError when it is not a number below 65536
    return url.rstrip("/")


def variable_name(name: str) -> str:
    """``name``, of an environment variable.

    Raises:
        ValueError: it cannot be one, or is more likely a key itself; the message never shows it.
    """
    if not _VARIABLE.match(name) or _LOOKS_LIKE_A_KEY.search(name):
        raise ValueError("must be the NAME of an environment variable, not a key")
    return name
