"""A chat model reached over HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from dataclasses import replace
from http import HTTPStatus
from typing import Final

import aiohttp

from modelforge.core.errors import EmptyResponse, MalformedResponse, RequestError, UsageError
from modelforge.core.events import Arrival
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.ports import Clock, Endpoint
from modelforge.core.prompt import Prompt
from modelforge.providers.body import beginning
from modelforge.providers.codec import AnswerDecoder, EncodedRequest
from modelforge.providers.connection import Connection
from modelforge.providers.http_status import status_error
from modelforge.providers.json_shape import out_of_quota_body
from modelforge.providers.sessions import ConnectionUse, HttpSessions
from modelforge.providers.transport_errors import transport_error

_log = logging.getLogger(__name__)

_MAX_ERROR_BYTES: Final = 64 * 2**10
_EXCERPT_CHARS: Final = 80
_EVENT_STREAM: Final = "text/event-stream"
_DRAIN_S: Final = 0.05


class HttpChatModel:
    """Fills ``core.ports.ChatModel`` with a codec over aiohttp.

    The connection's secrets are removed from every error before it leaves this class; ``redact``
    removes them from an answer.
    """

    def __init__(
        self,
        *,
        id: ModelId,  # noqa: A002 (the port's name for it)
        endpoint: Endpoint,
        connection: Connection,
        sessions: HttpSessions,
        clock: Clock,
        stop: tuple[str, ...] = (),
    ) -> None:
        """``stop`` are texts at which the model must always end, beside a request's own."""
        self._id = id
        self._stop = stop
        self._endpoint = endpoint
        self._codec = connection.codec
        self._headers = {"Content-Type": "application/json", **connection.headers}
        self.redact = connection.redact
        self._sessions = sessions
        self._clock = clock

    @property
    def id(self) -> ModelId:
        """Its name."""
        return self._id

    async def prepare(self) -> None:
        """Make sure that the server runs."""
        await self._endpoint.base_url()

    def encode(self, prompt: Prompt, generation: Generation) -> EncodedRequest:
        """The request that ``stream`` sends.

        Raises:
            UsageError: the protocol has no words for a part of it.
        """
        if generation.stop and self._stop:  # a request's own would replace the server's
            generation = replace(generation, stop=(*generation.stop, *self._stop))
        return self._codec.encode(self._id.model, prompt, generation)

    async def stream(
        self,
        prompt: Prompt,
        generation: Generation,
        *,
        repeat: int = 0,  # noqa: ARG002 (not sent)
    ) -> AsyncGenerator[Arrival]:
        """Ask, and yield what arrives; see ``core.ports.ChatModel``."""
        request = self.encode(prompt, generation)
        body = _json(request)
        url = (await self._endpoint.base_url()) + request.path
        _log.debug("POST %s model=%s", url, self._id.model)
        try:
            async with await self._post(url, body) as response:
                decoder = await self._decoder(response, url)
                whole = response.content_type != _EVENT_STREAM
                content = response.content
                while segment := await content.readany():
                    at_s = self._clock()
                    if events := decoder.feed(segment):
                        yield Arrival(at_s=at_s, events=tuple(events), whole=whole)
                    if decoder.failure is not None:
                        raise decoder.failure
                    if decoder.done:
                        await _drain(response)
                        return
                if events := decoder.close():
                    yield Arrival(at_s=self._clock(), events=tuple(events), whole=whole)
                if decoder.failure is not None:
                    raise decoder.failure
        except RequestError as error:
            error.args = (self.redact(str(error)),)
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # ValueError: aiohttp's for a malformed header, chunk or redirect.
            raise self._translated(error, url) from None

    def _translated(self, error: Exception, url: str) -> RequestError:
        translated = transport_error(error, url=url)
        translated.args = (self.redact(str(translated)),)
        return translated

    async def _post(self, url: str, body: bytes) -> aiohttp.ClientResponse:
        """Send the request, once more if the server had closed the idle connection it went out on.

        A server may end a kept connection at any time (RFC 9112, section 9.3.1): that no answer
        began on a used one says nothing of the request. The second attempt opens a connection of
        its own, and is the last.
        """
        use = ConnectionUse()
        try:
            return await self._send(self._sessions.to(url), url, body, use)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError):
            if not use.reused:
                raise
        _log.debug("the idle connection to %s was closed; asking on another", url)
        try:
            return await self._send(self._sessions.to(url, fresh=True), url, body, use)
        except (aiohttp.ServerDisconnectedError, ConnectionResetError) as error:
            # Dropped on two connections: it is the request. It is not sent a third time.
            failed = transport_error(error, url=url)
            failed.retryable = False
            raise failed from None

    async def _send(
        self, session: aiohttp.ClientSession, url: str, body: bytes, use: ConnectionUse
    ) -> aiohttp.ClientResponse:
        return await session.post(
            url, data=body, headers=self._headers, allow_redirects=False, trace_request_ctx=use
        )

    async def _decoder(self, response: aiohttp.ClientResponse, url: str) -> AnswerDecoder:
        """The decoder for what the server says it sends, or the error that it answered with."""
        if response.status == HTTPStatus.NO_CONTENT:
            raise EmptyResponse(f"{url} answered 204 No Content: nothing to read")
        if response.status != HTTPStatus.OK:
            body = await beginning(response, _MAX_ERROR_BYTES)
            message = self._codec.error_message(body)
            spent = out_of_quota_body(body)
            raise status_error(response.status, response.headers, message, url=url, spent=spent)
        if response.content_type == _EVENT_STREAM:
            return self._codec.stream_decoder()
        if response.content_type == "application/json":
            return self._codec.body_decoder()
        start = (await beginning(response, _MAX_ERROR_BYTES)).decode("utf-8", errors="replace")
        raise MalformedResponse(
            f"{url} sent {response.content_type}, not JSON or an event stream: "
            f"{self.redact(start)[:_EXCERPT_CHARS]!r} (check base_url)"
        )


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read what may follow a complete answer, so that its connection can be used again.

    A server that does not end there loses the connection, not the answer.
    """
    try:
        async with asyncio.timeout(_DRAIN_S):
            while await response.content.readany():
                pass
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        _log.debug("the connection is not reused: %s", type(error).__name__)


def _json(request: EncodedRequest) -> bytes:
    """The body; escaped to ASCII, since a lone surrogate in a prompt has no UTF-8 form."""
    try:
        return json.dumps(request.body, separators=(",", ":"), allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"the request cannot be written as JSON ({error}):"
            " check the settings that are sent as they are"
        ) from None
