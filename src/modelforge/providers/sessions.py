"""HTTP sessions, opened when first needed and closed together."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import aiohttp

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_CONNECT_TIMEOUT_S: Final = 30.0
_READ_BUFFER_BYTES: Final = 2**18


def is_loopback(url: str) -> bool:
    """Whether ``url`` is on this machine."""
    return urlsplit(url).hostname in _LOOPBACK


@dataclass
class ConnectionUse:
    """Handed to a request as ``trace_request_ctx``: whether its connection had served before."""

    reused: bool = False


def _reuse_trace() -> aiohttp.TraceConfig:
    trace = aiohttp.TraceConfig()

    async def on_reuse(
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        _params: aiohttp.TraceConnectionReuseconnParams,
    ) -> None:
        if isinstance(context.trace_request_ctx, ConnectionUse):
            context.trace_request_ctx.reused = True

    trace.on_connection_reuseconn.append(on_reuse)
    return trace


class HttpSessions:
    """Two sessions: one that follows the environment's proxies, one for this machine itself.

    A request to a loopback address never goes to a proxy, whatever NO_PROXY says.
    Neither limits connections, times an answer or keeps cookies: the caller does the first two,
    and nobody wants the third.
    """

    def __init__(self) -> None:
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def to(self, url: str | None) -> aiohttp.ClientSession:
        """The session for ``url`` (None: a server on this machine). Needs a running event loop."""
        remote = url is not None and not is_loopback(url)
        if remote not in self._sessions:
            self._sessions[remote] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_S),
                trust_env=remote,
                read_bufsize=_READ_BUFFER_BYTES,
                headers={"User-Agent": "modelforge", "Accept-Encoding": "gzip, deflate"},
                trace_configs=[_reuse_trace()],
            )
        return self._sessions[remote]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for session in self._sessions.values():
            await session.close()
