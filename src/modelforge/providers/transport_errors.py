"""What the HTTP library raises, translated once."""

from __future__ import annotations

import errno
import ssl
from http import HTTPStatus
from typing import Final

import aiohttp

from modelforge.core.errors import (
    ConnectionFailed,
    MalformedResponse,
    RequestError,
    StreamCut,
    TimedOut,
)

_NO_FILES: Final = {errno.EMFILE, errno.ENFILE}


def transport_error(error: Exception, *, url: str, advice: str | None = None) -> RequestError:
    """The error that a failure of the connection stands for.

    ``advice`` is what to do about a server that serves no models.
    """
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return TimedOut(f"no connection to {url} in time", retryable=True)
    if isinstance(error, aiohttp.ClientPayloadError):
        return StreamCut(f"{url} broke off in the middle of its answer")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return ConnectionFailed(
            f"the environment's proxy refused {url}: {_words(error)}",
            retryable=error.status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        )
    if isinstance(error, aiohttp.ClientResponseError):
        return MalformedResponse(f"{url} does not speak HTTP as it should: {_words(error)}")
    untrusted = isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError)
    unmade = isinstance(error, aiohttp.ClientConnectorError) or (
        isinstance(error, OSError) and error.errno in _NO_FILES
    )
    return ConnectionFailed(
        _unreachable(error, url, advice),
        retryable=not untrusted,
        dropped=not unmade and not untrusted,
    )


def _unreachable(error: Exception, url: str, advice: str | None) -> str:
    if isinstance(error, OSError) and error.errno in _NO_FILES:
        return "this machine allows no more open files: lower --concurrency or raise ulimit -n"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        return f"the TLS certificate of {url} is not trusted: {_words(error)}"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"cannot connect to the environment's proxy for {url}: {_words(error.os_error)}"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"no such host: {error.host!r} (from {url}); {advice or 'check base_url'}"
    if isinstance(error, aiohttp.ClientConnectorError):
        running = advice or "is the server running?"
        return f"cannot connect to {url}: {_words(error.os_error)}; {running}"
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError):
        return f"{url} closed the connection without an answer"
    return f"request to {url} failed: {_words(error)}"


def _words(error: BaseException) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())[:200]
