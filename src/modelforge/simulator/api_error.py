"""Requests that are refused, whatever protocol they came in."""

from __future__ import annotations

from collections.abc import Mapping


class ApiError(Exception):
    """A request that is answered with an HTTP error, ``status``; a ``Wire`` gives it its shape.

    Args:
        status: HTTP's code.
        message: what was wrong, for a person.
        kind: OpenAI's name for the kind of error.
        param: the field of the request at fault.
        code: OpenAI's name for the error itself.
        headers: more headers of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] = {},
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = headers


def rate_limited(retry_after_s: int) -> ApiError:
    """429, with the whole seconds after which to ask again."""
    return ApiError(
        429,
        "Rate limit reached for requests. Please try again later.",
        kind="requests",
        code="rate_limit_exceeded",
        headers={"Retry-After": f"{retry_after_s}"},
    )


def server_failed() -> ApiError:
    """500."""
    return ApiError(
        500, "The server had an error while processing your request.", kind="server_error"
    )


def overloaded(retry_after_s: int | None = None) -> ApiError:
    """529, Anthropic's status for a service with more to do than it can."""
    after = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s}"}
    return ApiError(
        529, "Overloaded", kind="server_error", code="overloaded", headers=after
    )  # fmt: skip
