"""What other integrations raise, as the errors of the port."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from modelforge.core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    RateLimited,
    RequestError,
    RequestRefused,
    ServerFailed,
    TimedOut,
)


def request_error(error: Exception, *, model: str) -> RequestError:
    """The error that a foreign one stands for.

    Integrations share no tree of errors, but their clients agree on a ``status_code`` (openai,
    anthropic, httpx, google) or a ``code``, and on names that say Timeout or Connection.
    """
    if isinstance(error, RequestError):
        return error
    words = " ".join(str(error).split()) or "no message"
    said = f"{model}: {type(error).__name__}: {words}"
    status = _status(error)
    if status is not None:
        return _of_status(status, error, said)
    names = " ".join(cause.__name__ for cause in type(error).__mro__).lower()
    if isinstance(error, TimeoutError) or "timeout" in names:
        return TimedOut(said)
    if isinstance(error, ConnectionError) or "connect" in names:
        return ConnectionFailed(said)
    if isinstance(error, NotImplementedError | TypeError):
        return RequestRefused(f"{said} (the integration cannot send what was asked)")
    return RequestError(said)


def _of_status(status: int, error: Exception, said: str) -> RequestError:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return AuthenticationFailed(f"{said} (check the API key)")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(said, retry_after_s=_retry_after_s(error))
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT}:
        return TimedOut(said)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFailed(said)
    return RequestRefused(said)


def _status(error: Exception) -> int | None:
    """An HTTP status of an error (4xx or 5xx), however its library keeps it."""
    return next((status for status in _statuses(error) if status in range(400, 600)), None)


def _statuses(error: Exception) -> Iterator[int]:
    for holder in (error, getattr(error, "response", None)):
        for name in ("status_code", "status", "code"):
            value = getattr(holder, name, None)
            if isinstance(value, int):
                yield int(value)


def _retry_after_s(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = str(headers.get("retry-after", headers.get("Retry-After", ""))).strip()
    return float(value) if value.isascii() and value.isdigit() else None
