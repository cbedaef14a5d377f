"""HTTP sessions, opened when first needed and closed together."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Final, Self

import aiohttp

from modelforge.providers.proxy import proxy_for

_CONNECT_TIMEOUT_S: Final = 30.0
_READ_BUFFER_BYTES: Final = 2**18


@dataclass
class ConnectionUse:
    """Handed to a request as ``trace_request_ctx``: whether its connection had served before."""

    reused: bool = False


class HttpSessions:
    """A session for each proxy of the environment, and one for what needs none.

    None of them limits connections, times an answer, keeps cookies or reads ``.netrc``: the
    caller does the first two, and nobody wants the others.
    """

    def __init__(self) -> None:
        self._sessions: dict[tuple[str | None, bool], aiohttp.ClientSession] = {}

    def to(self, url: str, *, fresh: bool = False) -> aiohttp.ClientSession:
        """The session for ``url``; a ``fresh`` one uses every connection once.

        Needs a running event loop.

        Raises:
            ConfigError: the environment's proxy for ``url`` cannot be used.
        """
        key = (proxy_for(url), fresh)
        if key not in self._sessions:
            self._sessions[key] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, force_close=fresh),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT_S),
                proxy=key[0],
                read_bufsize=_READ_BUFFER_BYTES,
                headers={"User-Agent": "modelforge", "Accept-Encoding": "gzip, deflate"},
                trace_configs=[_reuse_trace()],
            )
        return self._sessions[key]

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
