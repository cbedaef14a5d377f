"""Requests as the bytes that are sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final
from urllib.parse import quote, urlsplit

from modelforge.benchmark.workload import Ask
from modelforge.core.prompt import Prompt
from modelforge.wire.target import Target

_OF_PATHS: Final = "%/?:@!$&'()*+,;="  # RFC 3986; % begins what is escaped already
_MOST_KEPT: Final = 4096
_MOST_KEPT_BYTES: Final = 32 * 2**20

_Key = tuple[int, int | None, bool]


class RequestWriter:
    """Writes whole HTTP requests, and keeps those that will be sent again.

    A prompt that is asked again is the same object: as many as 4,096 requests, or 32 MiB of them,
    are found by it and not written a second time.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._kept: dict[_Key, tuple[Prompt, bytes]] = {}
        self._kept_bytes = 0
        self._heads: dict[str, bytes] = {}

    def request(self, ask: Ask) -> bytes:
        """The bytes that ask it.

        Raises:
            UsageError: the protocol has no words for a part of it.
        """
        prompt = ask.prompt
        key = (id(prompt), ask.max_tokens, ask.ignore_eos)
        kept = self._kept.get(key)
        if kept is not None:
            return kept[1]  # the prompt is kept beside it, so that no other can have its id
        written = self._write(ask)
        self._kept[key] = (prompt, written)
        self._kept_bytes += len(written)
        while len(self._kept) > _MOST_KEPT or self._kept_bytes > _MOST_KEPT_BYTES:
            self._forget(next(iter(self._kept)))
        return written

    def _write(self, ask: Ask) -> bytes:
        target = self._target
        generation = target.generation
        if ask.max_tokens is not None:
            generation = replace(generation, max_tokens=ask.max_tokens)
            if ask.ignore_eos:
                exact = {"ignore_eos": True, "min_tokens": ask.max_tokens}
                generation = replace(generation, extra={**exact, **generation.extra})
        encoded = target.codec.encode(target.model, ask.prompt, generation)
        # Escaped to ASCII: a lone surrogate in a prompt has no UTF-8 form.
        body = json.dumps(encoded.body, separators=(",", ":"), allow_nan=False).encode("ascii")
        head = self._heads.get(encoded.path)
        if head is None:
            head = self._heads[encoded.path] = self._head(encoded.path)
        return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)

    def _head(self, path: str) -> bytes:
        target = self._target
        parts = urlsplit(target.base_url.rstrip("/") + path)
        resource = parts.path + (f"?{parts.query}" if parts.query else "")
        usual = {
            "Host": target.authority,
            "Content-Type": "application/json",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "User-Agent": "modelforge",
        }
        own = {name.lower() for name in target.headers}
        fields = {name: value for name, value in usual.items() if name.lower() not in own}
        fields |= target.headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"POST {quote(resource, safe=_OF_PATHS)} HTTP/1.1\r\n{lines}".encode("latin-1")

    def _forget(self, key: _Key) -> None:
        self._kept_bytes -= len(self._kept.pop(key)[1])
