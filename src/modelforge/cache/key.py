"""What makes two requests the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_VERSION: Final = 1
"""Goes up with every change of what is hashed: what was kept under another is never found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestIdentity:
    """Everything that decides an answer, and nothing secret.

    Attributes:
        protocol: the wire protocol's name.
        endpoint: where the request goes: a base URL, or for a model served by this machine what
            identifies its weights (its port is another one each time).
        provider, model: the model's name.
        path, body: the request as it is encoded.
        stream: whether a streamed answer is asked for.
        headers: those that carry no credential. Who asks is not part of a request's identity.
    """

    protocol: str
    endpoint: str
    provider: str
    model: str
    path: str
    body: Mapping[str, Any]
    stream: bool
    headers: Mapping[str, str]


def request_key(identity: RequestIdentity, repeat: int) -> str:
    """The SHA-256 of ``identity`` and the number of the repetition, in hexadecimal.

    Taken over canonical JSON: the order of a table's keys does not matter, and nor does the case
    of a header's name. Numbers count as they are sent: 1 and 1.0 are two requests.

    Raises:
        TypeError, ValueError: the body has no JSON form; it could not be sent either.
    """
    document = {
        "version": _VERSION,
        "protocol": identity.protocol,
        "endpoint": identity.endpoint,
        "provider": identity.provider,
        "model": identity.model,
        "path": identity.path,
        # There and back: the names of a table may be numbers, which are sent as texts.
        "body": json.loads(json.dumps(identity.body, allow_nan=False)),
        "stream": identity.stream,
        "headers": sorted([name.lower(), value] for name, value in identity.headers.items()),
        "repeat": repeat,
    }
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
