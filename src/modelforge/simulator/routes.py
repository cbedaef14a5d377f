"""Paths and what answers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from modelforge.simulator import metrics
from modelforge.simulator.answer import Answer
from modelforge.simulator.api_error import ApiError, server_failed
from modelforge.simulator.crash import log_crash
from modelforge.simulator.http_request import HttpRequest
from modelforge.simulator.line import Line
from modelforge.simulator.simulation import Simulation
from modelforge.simulator.wires import ANSWERING

_MODELS: Final = "/v1/models"

Page = Callable[[HttpRequest], bytes]


class Routes:
    """Sends every request to what answers it."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._pages: Mapping[str, tuple[str, Page]] = {
            _MODELS: ("GET", self._models),
            "/health": ("GET", lambda request: request.delivery.document(200, {"status": "ok"})),
            "/metrics": ("GET", self._metrics),
            "/truth": ("GET", self._truth),
            "/reset": ("POST", self._reset),
        }

    def answer(self, request: HttpRequest, line: Line) -> Answer | None:
        """Answer ``request`` on ``line``: at once, or by the answer that is returned.

        Whatever fails unforeseen is a 500 and one line on stderr; the next request is served.
        """
        try:
            if request.refused is not None:
                raise request.refused  # noqa: TRY301 (it is refused like any other)
            if request.path in ANSWERING:
                _allow(request, "POST")
                return self._simulation.answer(request, line)
            data = self._page(request)
        except ApiError as error:
            self._simulation.truth.refused += 1
            data = _refusal(request, error)
        except Exception as error:  # noqa: BLE001 (the server lives on)
            log_crash(f"to answer {request.method} {request.path}", error)
            data = _refusal(request, server_failed())
        line.write(data)
        line.end()
        return None

    def _page(self, request: HttpRequest) -> bytes:
        if request.path in self._pages:
            method, page = self._pages[request.path]
            _allow(request, method)
            return page(request)
        if request.path.startswith(f"{_MODELS}/"):
            _allow(request, "GET")
            name = request.path.removeprefix(f"{_MODELS}/")
            document = request.wire.model(self._simulation.profile(name).name)
            return request.delivery.document(200, document)
        raise ApiError(404, f"Invalid URL ({request.method} {request.path})", code="unknown_url")

    def _models(self, request: HttpRequest) -> bytes:
        return request.delivery.document(200, request.wire.models(self._simulation.profiles))

    def _metrics(self, request: HttpRequest) -> bytes:
        page = self._simulation.metrics
        return request.delivery.document(200, page, kind=metrics.CONTENT_TYPE)

    def _truth(self, request: HttpRequest) -> bytes:
        return request.delivery.document(200, self._simulation.truth.document())

    def _reset(self, request: HttpRequest) -> bytes:
        self._simulation.reset()
        return request.delivery.document(200, {"status": "reset"})


def _refusal(request: HttpRequest, error: ApiError) -> bytes:
    document = request.wire.error(error)
    return request.delivery.document(error.status, document, extra=error.headers)


def _allow(request: HttpRequest, method: str) -> None:
    if request.method != method:
        raise ApiError(
            405,
            f"Not allowed to {request.method} on {request.path}",
            code="method_not_supported",
            headers={"Allow": method},
        )
