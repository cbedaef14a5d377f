"""Paths and what answers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from modelforge.simulator import frames, metrics
from modelforge.simulator.answer import Answer
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.line import Line
from modelforge.simulator.simulation import Simulation

_COMPLETIONS: Final = {"/v1/chat/completions": True, "/v1/completions": False}
_MODELS: Final = "/v1/models"


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """One request as it was read; ``path`` has no query."""

    method: str
    path: str
    body: bytes


class Routes:
    """Sends every request to what answers it."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._pages: dict[str, tuple[str, Callable[[], bytes]]] = {
            _MODELS: ("GET", self._models),
            "/health": ("GET", lambda: frames.document(200, {"status": "ok"})),
            "/metrics": ("GET", self._metrics),
            "/truth": ("GET", lambda: frames.document(200, simulation.truth.document())),
            "/reset": ("POST", self._reset),
        }

    def answer(self, request: HttpRequest, line: Line) -> Answer | None:
        """Answer ``request`` on ``line``: at once, or by the answer that is returned."""
        try:
            chat = _COMPLETIONS.get(request.path)
            if chat is not None:
                _allow(request, "POST")
                return self._simulation.answer(request.body, chat=chat, line=line)
            data = self._page(request)
        except ApiError as error:
            self._simulation.truth.refused += 1
            data = refusal(error)
        line.write(data)
        line.end()
        return None

    def _page(self, request: HttpRequest) -> bytes:
        if request.path in self._pages:
            method, page = self._pages[request.path]
            _allow(request, method)
            return page()
        if request.path.startswith(f"{_MODELS}/"):
            _allow(request, "GET")
            name = request.path.removeprefix(f"{_MODELS}/")
            return frames.document(200, _model(self._simulation.profile(name).name))
        raise ApiError(404, f"Invalid URL ({request.method} {request.path})", code="unknown_url")

    def _models(self) -> bytes:
        models = [_model(name) for name in self._simulation.profiles]
        return frames.document(200, {"object": "list", "data": models})

    def _metrics(self) -> bytes:
        return frames.document(200, self._simulation.metrics, kind=metrics.CONTENT_TYPE)

    def _reset(self) -> bytes:
        self._simulation.reset()
        return frames.document(200, {"status": "reset"})


def refusal(error: ApiError, **extra: str) -> bytes:
    """The answer that ``error`` is, with more headers."""
    allowed = {"Allow": error.param} if error.status == 405 and error.param else {}  # noqa: PLR2004 (HTTP's number)
    return frames.document(error.status, error.document, extra={**allowed, **extra})


def _allow(request: HttpRequest, method: str) -> None:
    if request.method != method:
        message = f"Not allowed to {request.method} on {request.path}"
        raise ApiError(405, message, param=method, code="method_not_supported")


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "modelforge"}
