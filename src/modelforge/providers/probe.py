"""Does an endpoint answer? The cheapest question there is: its list of models."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp

from modelforge.core.errors import RequestError, TimedOut
from modelforge.core.ports import Clock
from modelforge.providers.body import beginning
from modelforge.providers.connection import Connection
from modelforge.providers.http_status import status_error
from modelforge.providers.listing import listed_ids
from modelforge.providers.transport_errors import transport_error

_MAX_LISTING_BYTES: Final = 4 * 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """What came of asking: ``error`` is None when the endpoint answered as it should.

    ``ids`` are the models it lists, None when it lists none in a known shape.
    """

    latency_s: float
    ids: tuple[str, ...] | None
    error: RequestError | None

    @property
    def models(self) -> int | None:
        """How many models it lists."""
        return None if self.ids is None else len(self.ids)


async def probe(
    session: aiohttp.ClientSession,
    base_url: str,
    *,
    connection: Connection,
    timeout_s: float,
    clock: Clock,
) -> Probe:
    """Ask for the list of models; never raises for what the endpoint does."""
    url = base_url + connection.codec.listing_path
    ids: tuple[str, ...] | None = None
    failure: RequestError | None = None
    started_s = clock()
    try:
        async with (
            asyncio.timeout(timeout_s),
            session.get(url, headers=connection.headers, allow_redirects=False) as response,
        ):
            body = await beginning(response, _MAX_LISTING_BYTES)
            if response.status == HTTPStatus.OK:
                ids = listed_ids(body)
            elif response.status != HTTPStatus.NOT_FOUND:  # many servers have no such list
                failure = status_error(response.status, response.headers, None, url=url)
    except TimeoutError:
        failure = TimedOut(f"no answer from {url} within {timeout_s:g} s")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        failure = transport_error(error, url=url)
    if failure is not None:
        failure.args = (connection.redact(str(failure)),)
    return Probe(latency_s=clock() - started_s, ids=ids, error=failure)
