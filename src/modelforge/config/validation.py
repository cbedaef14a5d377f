"""What people wrote, held against the shape of a configuration. Loading it loads pydantic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError

from modelforge.config.schema import Settings
from modelforge.core.address import http_url, variable_name

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110, section 5.6.2

_FRAMING = frozenset({"content-length", "transfer-encoding"})


def _listed(names: Any) -> Any:
    return (names,) if isinstance(names, str) else names


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.match(name):
            raise ValueError("a header's name holds a character that it may not")
        if name.lower() in _FRAMING:
            raise ValueError(f"{name} is of each request's own body: leave it out")
        if not value.isprintable() or not value.isascii():
            raise ValueError("a header's value must be printable ASCII on one line")
    return headers


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 (what pydantic turns into its own)
    return value


Address = Annotated[str, AfterValidator(http_url)]
Connections = Annotated[int, Field(ge=1, le=65536)]
Count = Annotated[int, Field(ge=1)]
Headers = Annotated[dict[str, str], AfterValidator(_headers)]
Megabytes = Annotated[int, BeforeValidator(_no_flag), Field(ge=1, le=1_000_000)]
Price = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, BeforeValidator(_no_flag), Field(gt=0, allow_inf_nan=False)]
Temperature = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Tries = Annotated[int, Field(ge=0)]
VariableNames = Annotated[
    tuple[Annotated[str, AfterValidator(variable_name)], ...], BeforeValidator(_listed)
]


class Unfit(Exception):
    """The first value that does not fit.

    Attributes:
        path: of the value.
        message: what is wrong with it.
        unknown: there is no setting of that name.
    """

    def __init__(self, path: tuple[str, ...], message: str, *, unknown: bool) -> None:
        super().__init__(message)
        self.path, self.message, self.unknown = path, message, unknown


@cache
def _adapter() -> TypeAdapter[Settings]:
    adapter = TypeAdapter(Settings)
    names = {**globals(), "Path": Path}  # what the schema's words stand for
    adapter.rebuild(force=True, _types_namespace=names)
    return adapter


def validated(values: Mapping[str, Any]) -> Settings:
    """Nested tables as settings.

    Raises:
        Unfit: a value does not fit.
    """
    try:
        return _adapter().validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    raise Unfit(
        tuple(str(part) for part in first["loc"]),
        first["msg"].removeprefix("Value error, "),
        unknown=first["type"] == "unexpected_keyword_argument",
    )
