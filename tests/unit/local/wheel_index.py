"""A package index on a loopback socket, serving tiny wheels that hold tiny models."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

from modelforge.local.catalogue import LocalModel, Wheel

WHEEL_BYTES = 700_000
"""Above the size from which pip reports progress."""

Fault = Literal["none", "not found", "cut", "stall"]


@dataclass(frozen=True, kw_only=True)
class TinyWheel:
    """A wheel on the index, and its entry in a catalogue."""

    file_name: str
    data: bytes
    entry: Wheel


def tiny_wheel(number: int, content: bytes) -> TinyWheel:
    """Build a wheel whose one member is ``content``."""
    package = f"tiny_model_part{number}"
    member = f"{package}/data/tiny.gguf.part{number}"
    info = f"{package}-1.0.dist-info"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    data = buffer.getvalue()
    return TinyWheel(
        file_name=f"{package}-1.0-py3-none-any.whl",
        data=data,
        entry=Wheel(
            requirement=f"{package.replace('_', '-')}==1.0",
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
            member=member,
        ),
    )


def tiny_contents(parts: int) -> list[bytes]:
    """Return contents that do not compress and together begin like a GGUF file."""
    return [b"GGUF" + os.urandom(WHEEL_BYTES), *(os.urandom(WHEEL_BYTES) for _ in range(parts - 1))]


def tiny_model(wheels: list[TinyWheel], contents: list[bytes]) -> LocalModel:
    """Return the catalogue entry of the model that the wheels hold."""
    gguf = b"".join(contents)
    return LocalModel(
        name="tiny",
        description="random bytes",
        licence="none",
        gguf_sha256=hashlib.sha256(gguf).hexdigest(),
        gguf_bytes=len(gguf),
        wheels=tuple(wheel.entry for wheel in wheels),
    )


class WheelIndex:
    """What the index holds, what goes wrong with a file, and what was asked of it."""

    def __init__(self, wheels: list[TinyWheel], url: str) -> None:
        self.wheels = {wheel.file_name: wheel.data for wheel in wheels}
        self.url = url
        self.faults: dict[str, Fault] = {}
        self.downloads: Counter[str] = Counter()
        self.stalled = threading.Event()
        self.hung_up = threading.Event()

    def page(self, project: str) -> bytes:
        """Return the project's page, listing its file."""
        names = [name for name in self.wheels if name.replace("_", "-").startswith(f"{project}-")]
        links = "".join(f'<a href="/files/{name}">{name}</a>' for name in names)
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode()


class _Server(ThreadingHTTPServer):
    index: WheelIndex


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent."""

    def do_GET(self) -> None:
        index = self.server.index
        kind, name = self.path.strip("/").split("/", 1)
        if kind == "simple":
            self._send("text/html", index.page(name.strip("/")))
            return
        fault = index.faults.get(name, "none")
        if fault == "not found":
            self.send_error(404)
            return
        index.downloads[name] += 1
        data = index.wheels[name]
        if fault == "none":
            self._send("application/octet-stream", data)
        else:
            self._send("application/octet-stream", data[: len(data) // 2], size=len(data))
        if fault == "stall":
            index.stalled.set()
            # Nothing more comes from a client but the end of its connection.
            with suppress(ConnectionResetError):
                self.connection.recv(1)
            index.hung_up.set()

    def _send(self, content_type: str, body: bytes, *, size: int | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if size is None else size))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


@contextmanager
def serve(wheels: list[TinyWheel]) -> Iterator[WheelIndex]:
    """Serve the wheels until the block ends."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        url = f"http://someone:secret@127.0.0.1:{server.server_port}/simple"
        server.index = WheelIndex(wheels, url)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.index
        server.shutdown()
        thread.join()
