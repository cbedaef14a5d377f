"""A document fetched over HTTP, and not again while it has not changed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp

from modelforge.core.errors import RequestError, ResponseTooLarge, TimedOut
from modelforge.providers.http_status import status_error
from modelforge.providers.transport_errors import transport_error

_LARGEST_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """``body`` is None when it is still the one that ``etag`` named."""

    body: bytes | None
    etag: str | None
    content_type: str


async def fetch_document(
    session: aiohttp.ClientSession, url: str, *, etag: str | None, timeout_s: float, advice: str
) -> Document:
    """``GET url``, with ``If-None-Match`` when an ``etag`` is known. Redirects are followed.

    ``advice`` is what to do when it cannot be had.

    Raises:
        RequestError: it cannot be had, or is larger than 64 MiB.
    """
    headers = {} if etag is None else {"If-None-Match": etag}
    try:
        async with asyncio.timeout(timeout_s), session.get(url, headers=headers) as response:
            if response.status == HTTPStatus.NOT_MODIFIED:
                return Document(body=None, etag=etag, content_type="")
            if response.status != HTTPStatus.OK:
                raise status_error(response.status, response.headers, None, url=url, advice=advice)
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > _LARGEST_BYTES:
                    raise ResponseTooLarge(f"{url} sent more than {_LARGEST_BYTES:,} bytes")
            return Document(
                body=bytes(body),
                etag=response.headers.get("ETag"),
                content_type=response.content_type,
            )
    except RequestError:
        raise
    except TimeoutError:
        raise TimedOut(f"no answer from {url} within {timeout_s:g} s; {advice}") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise transport_error(error, url=url, advice=advice) from None
