"""Where requests go: a model behind a server."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from modelforge.core.generation import Generation
from modelforge.providers.codec import ChatCodec

_PORTS: Final = {"http": 80, "https": 443}


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

    @property
    def authority(self) -> str:
        """The server as a Host field names it: in ASCII, with its port unless that is the usual."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        usual = self.port == _PORTS[urlsplit(self.base_url).scheme]
        return host if usual else f"{host}:{self.port}"

    def tls(self) -> ssl.SSLContext | None:
        """How to encrypt; None: not at all."""
        if urlsplit(self.base_url).scheme != "https":
            return None
        return ssl.create_default_context(cafile=self.ca_file)
