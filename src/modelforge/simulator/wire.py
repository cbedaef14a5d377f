"""What tells one API's bytes from another's; everything else is the same simulation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from modelforge.simulator.answer_plan import AnswerPlan
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.completion_request import CompletionRequest


class StreamEvents(Protocol):
    """The events of one model's streams as bytes of the body, encoded ahead as far as can be.

    ``mark`` is what sets one stream's events apart; it is made once an answer and handed back with
    every event, so that a token costs no more than joining bytes.
    """

    def mark(self, plan: AnswerPlan, created: int) -> bytes:
        """What all events of this answer repeat; ``created`` is the second of the clock."""
        ...

    def opening(self, mark: bytes, plan: AnswerPlan) -> bytes:
        """What comes before the first token."""
        ...

    def token(self, mark: bytes, word: int, index: int) -> bytes:
        """The event of token ``index``, which is ``WORDS[word]``."""
        ...

    def ending(self, mark: bytes, plan: AnswerPlan, *, include_usage: bool) -> bytes:
        """Why the answer ended, what it counted, and the end of the body."""
        ...

    def failure(self, error: ApiError) -> bytes:
        """An error in place of the rest, and the end of the body."""
        ...

    @property
    def malformed(self) -> bytes:
        """An event whose JSON is not complete, in a chunk that is."""
        ...

    @property
    def lie(self) -> bytes:
        """The beginning of an event, in a chunk that is shorter than it says."""
        ...


class Wire(Protocol):
    """One API: how it is asked, and the shape of its answers."""

    def parse(self, body: bytes) -> CompletionRequest:
        """Read the body of a request for an answer.

        Raises:
            ApiError: 400, with the parameter at fault.
        """
        ...

    def events(self, model: str, *, chunked: bool) -> StreamEvents:
        """The events of ``model``'s streams, made at their first use."""
        ...

    def answer(self, model: str, plan: AnswerPlan, created: int) -> dict[str, Any]:
        """A whole answer."""
        ...

    def error(self, error: ApiError) -> dict[str, Any]:
        """What a refused client is sent."""
        ...

    def models(self, names: Iterable[str]) -> dict[str, Any]:
        """The list of what is served."""
        ...

    def model(self, name: str) -> dict[str, Any]:
        """One of that list."""
        ...
