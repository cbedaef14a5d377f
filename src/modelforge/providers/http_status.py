"""The errors that HTTP statuses stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from modelforge.core.errors import (
    AuthenticationFailed,
    RateLimited,
    RequestError,
    RequestRefused,
    ServerFailed,
)

# What may succeed when it is sent again, and what of the failed will not.
_PASSING: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT})
_LASTING: Final = frozenset({HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED})
_SECONDS: Final = r"[0-9]{1,12}(\.[0-9]+)?"
_CHECK_NAMES: Final = "check base_url and the model's name"


def status_error(
    status: int,
    headers: Mapping[str, str],
    message: str | None,
    *,
    url: str,
    advice: str | None = None,
    spent: bool = False,
) -> RequestError:
    """The error that an HTTP status stands for, with the provider's own ``message``.

    ``advice`` is what to do about a server that serves no models; ``spent``: the server says that
    the account's quota is used up. A server's own ``x-should-retry`` is obeyed, as the vendors'
    clients do.
    """
    error = _error(status, headers, message, url=url, advice=advice)
    if spent:
        error.args = (f"{error} (the account's quota is used up: see the provider's billing page)",)
    told = headers.get("x-should-retry", "").strip().lower()
    if spent or told == "false":
        error.retryable = False
    elif told == "true":
        error.retryable = True
    return error


def _error(
    status: int,
    headers: Mapping[str, str],
    message: str | None,
    *,
    url: str,
    advice: str | None,
) -> RequestError:
    said = f"{status} {_phrase(status)} from {url}" + (f": {message}" if message else "")
    wait_s = _retry_after_s(headers)
    asked = "" if wait_s is None else f" (it asks to wait {wait_s:g} s)"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return AuthenticationFailed(f"{said} ({advice or 'check the API key'})")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(said + asked, retry_after_s=wait_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFailed(said + asked, retryable=status not in _LASTING, retry_after_s=wait_s)
    if status in _PASSING:
        return RequestRefused(said + asked, retryable=True, retry_after_s=wait_s)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        target = headers.get("Location", "another address")
        return RequestRefused(
            f"{said} (redirects to {target}; {advice or 'put that address into base_url'})"
        )
    if status == HTTPStatus.NOT_FOUND:
        return RequestRefused(f"{said} ({advice or _CHECK_NAMES})")
    return RequestRefused(said)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "(unassigned status)"


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds (RFC 9110, section 10.2.3: a count of seconds or a date).

    A date is measured on the server's own clock where it says what that shows, so that a clock
    that is wrong here does not shorten the wait. Fractions of a second, which some servers send,
    are taken as they are meant, and so is
    ``retry-after-ms``, which OpenAI and Azure send beside it.
    """
    exact = headers.get("retry-after-ms", "").strip()
    if re.fullmatch(_SECONDS, exact):
        return float(exact) / 1000
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if re.fullmatch(_SECONDS, value):
        return float(value)
    moment = _date(value)
    if moment is None:
        return None
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # a year that no calendar has
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
