"""Server-sent events, decoded as their bytes arrive.

Follows the event stream interpretation of the WHATWG HTML standard, section 9.2.6, but for one
kindness: an event that the end of the stream cuts off before its blank line is still given, since
servers are known to omit the last newline.
"""

from __future__ import annotations

from typing import Final, NamedTuple

_BOM: Final = b"\xef\xbb\xbf"
_FIELD_PREFIX: Final = b"data: "


class ServerSentEvent(NamedTuple):
    """One event: its data lines joined by newlines, and its type (``message`` unless named)."""

    data: bytes
    type: bytes = b"message"


class EventDecoder:
    """Cuts a byte stream into events, however the network cut it into segments."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at_start = True
        self._held_cr = False

    @property
    def pending_bytes(self) -> int:
        """How much of an unfinished event is held."""
        return len(self._buffer)

    def feed(self, segment: bytes) -> list[ServerSentEvent]:
        """The events that ``segment`` completes, in order."""
        segment = self._with_newlines(segment)
        buffer = self._buffer
        # A separator can begin no earlier than the last byte already held.
        search_from = max(0, len(buffer) - 1)
        buffer += segment
        if self._at_start and len(buffer) >= len(_BOM):
            self._at_start = False
            if buffer.startswith(_BOM):
                del buffer[: len(_BOM)]
        last = buffer.rfind(b"\n\n", search_from)
        if last < 0:
            return []
        complete = bytes(buffer[:last])
        del buffer[: last + 2]
        return [event for block in complete.split(b"\n\n") if (event := _event(block)) is not None]

    def close(self) -> list[ServerSentEvent]:
        """The event that the end of the stream cut off, if its data had begun."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        event = _event(rest.removeprefix(_BOM))
        return [] if event is None else [event]

    def _with_newlines(self, segment: bytes) -> bytes:
        """``segment`` with CRLF and CR turned into LF; a trailing CR waits for what follows."""
        if not self._held_cr and b"\r" not in segment:
            return segment
        if self._held_cr:
            segment = b"\r" + segment
        self._held_cr = segment.endswith(b"\r")
        if self._held_cr:
            segment = segment[:-1]
        return segment.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _event(block: bytes) -> ServerSentEvent | None:
    if block.startswith(_FIELD_PREFIX) and b"\n" not in block:
        return ServerSentEvent(block[len(_FIELD_PREFIX) :])  # what servers really send
    data: list[bytes] = []
    type_ = b"message"
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event" and value:
            type_ = value
    return ServerSentEvent(b"\n".join(data), type_) if data else None
