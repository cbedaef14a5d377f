"""What was read of one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from modelforge.core.errors import RequestError
from modelforge.core.usage import Usage


@dataclass(kw_only=True, slots=True)
class Segments:
    """The bytes of one answer as the network cut them, and when each piece arrived.

    ``stamps_ns`` has one moment for each of ``pieces``, in nanoseconds on the monotonic clock.
    """

    pieces: list[bytes] = field(default_factory=list)
    stamps_ns: list[int] = field(default_factory=list)

    def joined(self) -> bytes:
        """All of it."""
        return self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)


@dataclass(kw_only=True, slots=True)
class Reading:
    """What one answer said, and when.

    A token is a piece of text, reasoning, refusal or tool call that is not empty: one event of the
    protocol brings one, as a rule, and a server may put several tokens of the model into it.

    Attributes:
        status: the HTTP status; 0 when there was none.
        moments_ns: when tokens arrived, each moment once, in order; none of an answer in one piece.
        reasoning_moments: at how many of them, from the first on, reasoning came before all else.
        tokens: how many arrived.
        reasoning_tokens: how many of them were reasoning.
        usage: the server's own count.
        finished: the server said why the answer ended, or that it did.
        text: the answer's text if it was asked for, else empty.
        error: why it is no answer; what had arrived stands.
        reusable: another request may be sent on the connection.
    """

    status: int = 0
    moments_ns: Sequence[int] = ()
    reasoning_moments: int = 0
    tokens: int = 0
    reasoning_tokens: int = 0
    usage: Usage = field(default_factory=Usage)
    finished: bool = False
    text: str = ""
    error: RequestError | None = None
    reusable: bool = False
