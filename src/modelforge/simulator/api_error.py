"""Refusals in OpenAI's shape."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A request that is answered with an HTTP error, ``status``, and OpenAI's error document."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code

    @property
    def document(self) -> dict[str, Any]:
        """What the client is sent."""
        return {
            "error": {
                "message": str(self),
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }
