"""A mirror of models.dev on a real loopback socket: whatever it is told to be."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass
class CatalogueServer:
    """Answers every path with ``body``; with an ``etag``, 304 to who knows it."""

    body: bytes = b""
    etag: str | None = None
    status: int = 200
    content_type: str = "application/json"
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers.get("If-None-Match")
                told.requests.append((self.path, known))
                unchanged = told.etag is not None and known == told.etag
                self.send_response(304 if unchanged else told.status)
                if told.etag is not None:
                    self.send_header("ETag", told.etag)
                body = b"" if unchanged else told.body
                self.send_header("Content-Type", told.content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
