"""Where requests go, and in which words."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, urlsplit

from modelforge.benchmark.workload import Ask
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.providers.codec import ChatCodec

_PORTS: Final = {"http": 80, "https": 443}
_OF_PATHS: Final = "%/?:@!$&'()*+,;="  # RFC 3986; % begins what is escaped already
_MOST_KEPT: Final = 4096
_MOST_KEPT_BYTES: Final = 32 * 2**20

_Key = tuple[int, int | None, bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A model behind a server; what a worker process is given.

    Attributes:
        model: the provider's name for it.
        base_url: what the codec's paths stand under.
        codec: the protocol.
        headers: of every request; they carry secrets and are not part of the representation.
        redact: removes secrets from what is to be shown.
        generation: how to answer; a request's own length replaces its ``max_tokens``.
        ca_file: certificates to trust instead of the system's.
    """

    model: str
    base_url: str
    codec: ChatCodec
    headers: Mapping[str, str] = field(repr=False)
    redact: Callable[[str], str] = field(default=str, repr=False)
    generation: Generation = field(default_factory=Generation)
    ca_file: str | None = None

    @property
    def usual(self) -> bool:
        """Whether answers may have the shape that `modelforge.wire.exact_reader` reads."""
        from modelforge.providers.openai_chat import OpenAIChat  # noqa: PLC0415 (as its codec is)

        return isinstance(self.codec, OpenAIChat)

    @property
    def host(self) -> str:
        """The server's name or address."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def port(self) -> int:
        """The server's port."""
        parts = urlsplit(self.base_url)
        return parts.port or _PORTS[parts.scheme]

    def tls(self) -> ssl.SSLContext | None:
        """How to encrypt; None: not at all."""
        if urlsplit(self.base_url).scheme != "https":
            return None
        return ssl.create_default_context(cafile=self.ca_file)


class RequestWriter:
    """Writes whole HTTP requests, and keeps those that will be sent again."""

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

    def _forget(self, key: _Key) -> None:
        self._kept_bytes -= len(self._kept.pop(key)[1])

    def url(self, path: str) -> str:
        """The address of ``path``, for messages."""
        return self._target.base_url.rstrip("/") + path

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
        parts = urlsplit(self.url(path))
        resource = parts.path + (f"?{parts.query}" if parts.query else "")
        host = f"[{target.host}]" if ":" in target.host else target.host
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        if target.port != _PORTS[parts.scheme]:
            host = f"{host}:{target.port}"
        usual = {
            "Host": host,
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
