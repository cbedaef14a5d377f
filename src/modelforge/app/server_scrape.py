"""A server's own metrics, scraped beside a run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
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

    A server without metrics, or with unknown ones, is passed over in silence. Where pages that
    came stop coming, ``trouble`` says so in one line.

    Args:
        url: of the page, see `metrics_url`.
        model: whose series count, where series name models.
        headers: of every request.
    """

    def __init__(
        self, url: str, *, model: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self._url = url
        self._model = model
        self._headers = dict(headers or {})
        self._before: ServerMetrics | None = None
        self._during: list[ServerMetrics] = []
        self._after: ServerMetrics | None = None
        self._known = False
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server-metrics", daemon=True)
        self.trouble: str | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(2 * _TIMEOUT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(3 * _TIMEOUT_S)

    def figures(self, *, client_ttft_mean_ms: float | None = None) -> dict[str, Any] | None:
        """What to give `modelforge.benchmark.summary.summarise` as ``server``; None: nothing.

        Call it after the block.
        """
        if self._after is None:
            return None
        return server_figures(
            self._before, self._after, self._during, client_ttft_mean_ms=client_ttft_mean_ms
        )

    def _run(self) -> None:
        try:
            asyncio.run(self._scrape())
        finally:
            self._ready.set()

    async def _scrape(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        async with aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session:
            there, self._before = await self._page(session)
            self._known = self._before is not None
            self._ready.set()
            if not there:
                return
            while not await asyncio.to_thread(self._stop.wait, _EVERY_S):
                _, page = await self._page(session)
                if page is not None:
                    self._known = True
                    self._during.append(page)
            _, self._after = await self._page(session)
            if self._after is not None:
                self._known = True

    async def _page(self, session: aiohttp.ClientSession) -> tuple[bool, ServerMetrics | None]:
        """Whether there is a page, and what it says."""
        try:
            async with session.get(self._url, allow_redirects=False) as answer:
                answer.raise_for_status()
                body = await answer.read()
            return True, read_metrics(body.decode("utf-8", "replace"), model=self._model)
        except (aiohttp.ClientError, TimeoutError, OSError, NotMetrics) as error:
            if self._known and self.trouble is None:
                what = str(error) or type(error).__name__
                self.trouble = f"the server's metrics at {self._url} stopped coming: {what}"
            return False, None
