"""The simulator in the caller's event loop."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Iterable
from typing import Any, Final, Self

from modelforge.core.errors import UsageError
from modelforge.simulator.http_connection import HttpConnection
from modelforge.simulator.profile import Profile, profile_named
from modelforge.simulator.routes import Routes
from modelforge.simulator.simulation import Simulation
from modelforge.simulator.timer import Timer

_BACKLOG: Final = 4096


class Simulator:
    """A server of OpenAI's and Anthropic's APIs with a known truth, for an ``async with`` block.

    Every built-in profile is served under its name.

    Args:
        profile: the model this instance is for: a built-in one's name or a profile, which
            takes the place of a built-in one of its name.
        models: more models to serve.
        host: where to listen.
        port: 0 takes a free one.
        seed: the same seed, requests and order of arrival give the same answers.
        spin_s: how long before each moment the loop is kept awake, see ``Timer``.

    Raises:
        UsageError: there is no such profile; on entry, that it cannot listen there.
    """

    def __init__(
        self,
        profile: Profile | str = "fast",
        *,
        models: Iterable[Profile] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        spin_s: float = 0.0,
    ) -> None:
        self.profile = profile_named(profile) if isinstance(profile, str) else profile
        self.host = host
        self.port = port
        self._models = [*models, self.profile]
        self._seed = seed
        self._spin_s = spin_s

    @property
    def url(self) -> str:
        """The root, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What an OpenAI client is given; Anthropic's adds the version itself and takes ``url``."""
        return f"{self.url}/v1"

    @property
    def truth(self) -> dict[str, Any]:
        """What ``GET /truth`` answers now."""
        return self._simulation.truth.document()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._timer = Timer(loop, clock=time.monotonic, spin_s=self._spin_s)
        self._simulation = Simulation(self._models, seed=self._seed, timer=self._timer)
        self._connections: set[HttpConnection] = set()
        routes = Routes(self._simulation)
        try:
            self._server = await loop.create_server(
                lambda: HttpConnection(routes, self._connections),
                self.host,
                self.port,
                backlog=_BACKLOG,
            )
        except OSError as error:
            raise UsageError(self._cannot_listen(error)) from None
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in list(self._connections):
            connection.abort()
        await self._server.wait_closed()
        while self._connections:  # noqa: ASYNC110 (they are told within a turn or two)
            await asyncio.sleep(0)
        self._timer.close()

    def _cannot_listen(self, error: OSError) -> str:
        where = f"cannot listen on {self.host}:{self.port}"
        if error.errno == errno.EADDRINUSE:
            return f"{where}: the port is in use; choose another, or 0 for a free one"
        return f"{where}: {error.strerror or error}; choose another host or port"
