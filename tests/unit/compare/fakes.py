"""A model whose every moment is decided by the test, on a clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from decimal import Decimal

from modelforge.compare.contestant import Contestant
from modelforge.core.errors import ModelForgeError
from modelforge.core.events import Arrival, ChatEvent, Finish, TextDelta, UsageReport
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.prompt import Case, Prompt
from modelforge.core.usage import Usage
from modelforge.pricing.tariff import Rates, Tariff, Terms

PRICES = Tariff(rates=Rates(input=Decimal(1), output=Decimal(2)))


@dataclass
class ScriptedModel:
    """Answers ``pieces`` (seconds to wait, text), then fails with ``error`` if there is one."""

    name: str
    clock: Callable[[], float]
    provider: str = "fake"
    pieces: tuple[tuple[float, str], ...] = ((0.0, "yes"),)
    error: BaseException | None = None
    refusal: ModelForgeError | None = None
    whole: bool = False
    asked: list[str] = field(default_factory=list)
    repeats: list[int] = field(default_factory=list)
    prepared: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    @property
    def id(self) -> ModelId:
        return ModelId(provider=self.provider, model=self.name)

    async def prepare(self) -> None:
        self.prepared += 1
        if self.refusal is not None:
            raise self.refusal

    def redact(self, text: str, /) -> str:
        return text.replace("s3cret", "[redacted]")

    async def stream(
        self,
        prompt: Prompt,
        generation: Generation,  # noqa: ARG002 (a script needs none)
        *,
        repeat: int = 0,
    ) -> AsyncGenerator[Arrival]:
        self.asked.append(prompt.text)
        self.repeats.append(repeat)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            for wait_s, text in self.pieces:
                await asyncio.sleep(wait_s)
                yield self._arrival(TextDelta(text=text))
            if self.error is not None:
                raise self.error
            usage = Usage(prompt_tokens=10, completion_tokens=len(self.pieces))
            yield self._arrival(Finish(reason="stop"), UsageReport(usage=usage))
        finally:
            self.in_flight -= 1

    def _arrival(self, *events: ChatEvent) -> Arrival:
        return Arrival(at_s=self.clock(), events=events, whole=self.whole)


def contestant(
    model: ScriptedModel, *, prices: Terms = PRICES, max_concurrency: int = 100
) -> Contestant:
    return Contestant(model=model, prices=prices, max_concurrency=max_concurrency)


def cases(count: int) -> list[Case]:
    return [Case(index=i, prompt=Prompt.of(f"prompt {i}"), id=f"id-{i}") for i in range(count)]
