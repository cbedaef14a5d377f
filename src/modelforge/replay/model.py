"""A recorded model: it answers what it answered then."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator

from modelforge.core.errors import InvalidModelId, NotRecorded
from modelforge.core.events import (
    Arrival,
    ChatEvent,
    Finish,
    ReasoningDelta,
    TextDelta,
    UsageReport,
)
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.prompt import Prompt
from modelforge.prompts.wording import quoted
from modelforge.replay.answer import RecordedAnswer
from modelforge.replay.recording import Recording, prompt_key


class ReplayModel:
    """Fills ``core.ports.ChatModel`` with the answers of a recording.

    The n-th time that this object is asked a prompt, it gives the prompt's n-th recorded answer,
    and begins again with the first after the last. How it is asked to answer changes nothing.

    Raises:
        UsageError: the recording has no such model, or several and ``model`` is None.
    """

    def __init__(self, *, id: ModelId, recording: Recording, model: str | None) -> None:  # noqa: A002 (the port's name for it)
        self._id = id
        self._recording = recording
        self._identity = recording.identity(model)
        self._places = recording.places(self._identity)
        self._asked: Counter[bytes] = Counter()

    @property
    def id(self) -> ModelId:
        """Its name: that of the replay."""
        return self._id

    @property
    def recorded_id(self) -> ModelId | None:
        """The model that answered, where the recording says who served it."""
        try:
            return ModelId.parse(self._identity)
        except InvalidModelId:
            return None

    async def prepare(self) -> None:
        """Nothing: the recording was read when it was opened."""

    def redact(self, text: str, /) -> str:
        """``text`` as it is: a replay has no secrets."""
        return text

    async def stream(
        self,
        prompt: Prompt,
        _: Generation,
        *,
        repeat: int = 0,  # noqa: ARG002 (a prompt that stands twice in a file is asked on, too)
    ) -> AsyncGenerator[Arrival]:
        """Yield the recorded answer in one piece that was not timed.

        Raises:
            NotRecorded: there is none to this prompt.
        """
        yield Arrival(at_s=None, events=tuple(_events(self._answer(prompt))), whole=True)

    def _answer(self, prompt: Prompt) -> RecordedAnswer:
        key = self._key(prompt)
        numbers = self._places[key]
        turn = self._asked[key] % len(numbers)
        if len(numbers) > 1:
            self._asked[key] += 1
        return self._recording.answer(numbers[turn])

    def _key(self, prompt: Prompt) -> bytes:
        """The key with the system message if it was recorded so, otherwise the one without."""
        system = "\n\n".join(turn.text for turn in prompt.messages if turn.role == "system")
        for said in (system or None, None):
            key = prompt_key(prompt.text, said)
            if key in self._places:
                return key
        raise NotRecorded(
            f"{self._recording.file.name}: no answer to {quoted(prompt.text)} was recorded; "
            "ask what was asked then, word for word (with the same system message, if it says one)"
        )


def _events(answer: RecordedAnswer) -> list[ChatEvent]:
    events: list[ChatEvent] = []
    if answer.reasoning:
        events.append(ReasoningDelta(text=answer.reasoning))
    if answer.response:
        events.append(TextDelta(text=answer.response))
    events.append(UsageReport(usage=answer.usage))
    if answer.finish_reason:
        events.append(Finish(reason=answer.finish_reason))
    return events
