"""Foreign failures, translated once: HTTP statuses and what the HTTP library raises."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp

from modelforge.core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    MalformedResponse,
    RateLimited,
    RequestError,
    RequestRefused,
    ServerFailed,
    StreamCut,
    TimedOut,
)

_CHECK_NAMES: Final = "check base_url and the model's name"
_LONGEST_WAIT_DIGITS: Final = 9


def status_error(
    status: int,
    headers: Mapping[str, str],
    message: str | None,
    *,
    url: str,
    advice: str | None = None,
) -> RequestError:
    """The error that an HTTP status stands for, with the provider's own ``message``.

    ``advice`` is what to do about a server that serves no models; so in `transport_error`.
    """
    said = f"{status} {_phrase(status)} from {url}" + (f": {message}" if message else "")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return AuthenticationFailed(f"{said} ({advice or 'check the API key'})")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_s = _retry_after_s(headers)
        asked = "" if wait_s is None else f" (it asks to wait {wait_s:g} s)"
        return RateLimited(said + asked, retry_after_s=wait_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFailed(said)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        target = headers.get("Location", "another address")
        return RequestRefused(
            f"{said} (redirects to {target}; {advice or 'put that address into base_url'})"
        )
    if status == HTTPStatus.NOT_FOUND:
        return RequestRefused(f"{said} ({advice or _CHECK_NAMES})")
    return RequestRefused(said)


def transport_error(error: Exception, *, url: str, advice: str | None = None) -> RequestError:
    """The error that a failure of the connection stands for."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return TimedOut(f"no connection to {url} in time")
    if isinstance(error, aiohttp.ClientPayloadError):
        return StreamCut(f"{url} broke off in the middle of its answer")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return ConnectionFailed(f"the environment's proxy refused {url}: {_words(error)}")
    if isinstance(error, aiohttp.ClientResponseError):
        return MalformedResponse(f"{url} does not speak HTTP as it should: {_words(error)}")
    return ConnectionFailed(_unreachable(error, url, advice))


def _unreachable(error: Exception, url: str, advice: str | None) -> str:
    if isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}:
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


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "(unassigned status)"


def _words(error: BaseException) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())[:200]


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds (RFC 9110, section 10.2.3: a count of seconds or a date)."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value) if len(value) <= _LONGEST_WAIT_DIGITS else None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # a year that no calendar has
        return None
    return max(
        0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    )
