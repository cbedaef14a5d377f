"""What becomes of an exchange that brings no answer, in the words that every sender uses."""

from __future__ import annotations

from modelforge.core.errors import ConnectionFailed, Interrupted, TimedOut


def broken_off() -> Interrupted:
    """It was under way, or was still to be sent, when the run ended."""
    return Interrupted("broken off at the end of the run")


def too_late(timeout_s: float) -> TimedOut:
    """Its answer was not complete within ``timeout_s``."""
    return TimedOut(f"no complete answer within {timeout_s:g} s; allow more with --timeout")


def dropped(url: str) -> ConnectionFailed:
    """The server at ``url`` closed the connection without a byte of an answer."""
    return ConnectionFailed(f"{url} closed the connection before it answered", dropped=True)
