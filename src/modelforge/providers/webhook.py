"""A message posted to an address, and again where the fault may pass."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from modelforge.core.errors import RequestError, TimedOut
from modelforge.providers.http_status import status_error
from modelforge.providers.sessions import HttpSessions
from modelforge.providers.transport_errors import transport_error

ATTEMPTS: Final = 4
_TIMEOUT_S: Final = 10.0
_ADVICE: Final = "check --webhook"


async def post_webhook(
    url: str,
    message: Mapping[str, Any],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """``POST`` a message as JSON; a failure that may pass is tried again, four times in all.

    Only the host of ``url`` appears in errors: the rest of such an address is often a secret.

    Raises:
        RequestError: it was not taken.
    """
    shown = _shown(url)
    async with HttpSessions() as sessions:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(
                lambda error: isinstance(error, RequestError) and error.retryable
            ),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential_jitter(initial=0.5, max=8),
            sleep=sleep,
            reraise=True,
        ):
            with attempt:
                await _post(sessions.to(url), url, message, shown)


async def _post(
    session: aiohttp.ClientSession, url: str, message: Mapping[str, Any], shown: str
) -> None:
    body = json.dumps(message, allow_nan=False).encode()
    try:
        async with (
            asyncio.timeout(_TIMEOUT_S),
            session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as response,
        ):
            if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                headers = {
                    name: value for name, value in response.headers.items() if name != "Location"
                }
                raise status_error(response.status, headers, None, url=shown, advice=_ADVICE)
    except RequestError:
        raise
    except TimeoutError:
        raise TimedOut(f"no answer from {shown} within {_TIMEOUT_S:g} s", retryable=True) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise transport_error(error, url=shown, advice=_ADVICE) from None


def _shown(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or "?"
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}/…"
