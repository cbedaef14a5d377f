"""A server's own metrics, scraped beside a run."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Sequence
from typing import Any, Final, Self
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from modelforge.benchmark.prometheus_text import NotMetrics
from modelforge.benchmark.server_metrics import ServerMetrics, read_metrics, server_figures

_EVERY_S: Final = 1.0
_TIMEOUT_S: Final = 2.0


def metrics_url(base_url: str) -> str:
    """``/metrics`` under the server's root: ``base_url`` without what follows the API's version.

    ``http://host:8000/v1`` gives ``http://host:8000/metrics``, a path before ``/v1`` is kept.
    """
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    path = path.removesuffix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/metrics", "", ""))


class ServerScrape:
    """Scrapes before, every second during and after a ``with`` block, in a thread of its own.

    A server without metrics, or with unknown ones, is passed over in silence; ``absent`` says why.
    Where pages that came stop coming, ``trouble`` says so in one line.

    Attributes:
        before, during, after: the pages that were read and known.

    Args:
        url: of the page, see `metrics_url`.
        model: whose series count, where series name models.
        tls: how to encrypt, where the address is encrypted.
    """

    def __init__(
        self, url: str, *, model: str | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._url = url
        self._model = model
        self._tls = tls
        self.before: ServerMetrics | None = None
        self.during: list[ServerMetrics] = []
        self.after: ServerMetrics | None = None
        self._known = False
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server-metrics", daemon=True)
        self.trouble: str | None = None
        self.absent: str | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(2 * _TIMEOUT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(3 * _TIMEOUT_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._scrape())
        finally:
            self._ready.set()

    async def _scrape(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        connector = aiohttp.TCPConnector(ssl=self._tls or True)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            there, self.before = await self._page(session)
            self._known = self.before is not None
            if there and not self._known:
                self.absent = f"{self._url} holds none that are known"
            self._ready.set()
            if not there:
                return
            while not await asyncio.to_thread(self._stop.wait, _EVERY_S):
                _, page = await self._page(session)
                if page is not None:
                    self._known = True
                    self.during.append(page)
            _, self.after = await self._page(session)
            if self.after is not None:
                self._known = True

    async def _page(self, session: aiohttp.ClientSession) -> tuple[bool, ServerMetrics | None]:
        """Whether there is a page, and what it says."""
        try:
            async with session.get(self._url, allow_redirects=False) as answer:
                answer.raise_for_status()
                body = await answer.read()
            return True, read_metrics(body.decode("utf-8", "replace"), model=self._model)
        except (aiohttp.ClientError, TimeoutError, OSError, NotMetrics) as error:
            what = str(error) or type(error).__name__
            if not self._known:
                self.absent = f"{self._url}: {what}"
            elif self.trouble is None:
                self.trouble = f"the server's metrics at {self._url} stopped coming: {what}"
            return False, None


def server_figures_of(
    scrapes: Sequence[ServerScrape], *, client_ttft_mean_ms: float | None = None
) -> dict[str, Any] | None:
    """What a result has as ``server``, from the first of ``scrapes`` to the last; None: nothing.

    Call it after their blocks.
    """
    before, after = scrapes[0].before, scrapes[-1].after
    if after is None:
        return None
    during = [page for scrape in scrapes for page in scrape.during]
    return server_figures(before, after, during, client_ttft_mean_ms=client_ttft_mean_ms)
