"""The wire client in this process, and its workers in theirs, driven to the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Self

import pyarrow as pa

from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import ClosedLoop, Limits, Load
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.recording import Recording, read_recording
from modelforge.benchmark.workload import Ask, Workload
from modelforge.core.prompt import Prompt
from modelforge.providers.codec import ChatCodec
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.wire.client import WireClient
from modelforge.wire.coordinator import Coordinator, Outcome
from modelforge.wire.exchange import Exchange
from modelforge.wire.job import Job
from modelforge.wire.reading import Reading
from modelforge.wire.target import Target

KEY = "sk-planted-0123456789"


def redacted(text: str) -> str:
    """What a target removes from messages; workers find it by its name."""
    return text.replace(KEY, "[redacted]")


class Failing(FixedPrompts):
    """Has no fourth request."""

    def ask(self, index: int) -> Ask:
        if index == 3:
            raise RuntimeError("there is no fourth request")
        return FixedPrompts.ask(self, index)


class Noisy(FixedPrompts):
    """Prints where records leave."""

    def ask(self, index: int) -> Ask:
        print("noise", index, flush=True)  # noqa: T201
        os.write(1, b"\x00\xff more noise\n")
        return FixedPrompts.ask(self, index)


def target_at(
    base_url: str, model: str = "ok", codec: ChatCodec | None = None, ca_file: str | None = None
) -> Target:
    """A model behind a server; its key is sent with every request."""
    codec = codec or OpenAIChat()
    return Target(
        model=model,
        base_url=base_url,
        codec=codec,
        headers=codec.headers(KEY),
        redact=redacted,
        ca_file=ca_file,
    )


@dataclass
class Told:
    """What became of one exchange."""

    exchange: Exchange
    reading: Reading
    received: int

    @property
    def kind(self) -> str | None:
        error = self.reading.error
        return None if error is None else error.kind


@dataclass
class Asker:
    """Sends through a `WireClient` and keeps what it is told; use as ``async with``."""

    target: Target
    timeout_s: float = 20.0
    most_connections: int = 100
    keep_text: bool = True
    pay_again: Callable[[Exchange], bool] | None = None
    told: list[Told] = field(default_factory=list)
    trouble: list[dict[str, Any]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().set_exception_handler(lambda _, said: self.trouble.append(said))
        self._wanted = 0
        self._enough = asyncio.Event()
        self.client = WireClient(
            self.target,
            self._finished,
            lambda _exchange, done_ns: None,  # noqa: ARG005 (its name is the protocol's)
            timeout_s=self.timeout_s,
            most_connections=self.most_connections,
            keep_text=self.keep_text,
            pay_again=self.pay_again,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        await asyncio.sleep(0)
        assert self.trouble == []

    async def ask(self, prompt: str = "Hi", times: int = 1) -> list[Told]:
        """Send at once, and wait for all the answers."""
        first = len(self.told)
        self._wanted += times
        for number in range(times):
            ask = Ask(prompt=Prompt.of(prompt), source="test")
            exchange = Exchange(index=first + number, phase=Phase.MEASURED, ask=ask)
            self.client.send(exchange)
        await self.heard(self._wanted)
        return self.told[first:]

    async def heard(self, count: int) -> None:
        """Wait until so many answers have come in all."""
        while len(self.told) < count:
            self._enough.clear()
            await asyncio.wait_for(self._enough.wait(), 60)

    def _finished(
        self, exchange: Exchange, reading: Reading, /, *, done_ns: int, received: int
    ) -> None:
        assert exchange.sent_ns <= done_ns
        self.told.append(Told(exchange, reading, received))
        self._enough.set()


def jobs(target: Target, workers: int = 1, **changes: Any) -> list[Job]:
    """A small job for so many workers."""
    load: Load = ClosedLoop(concurrency=4)
    workload: Workload = FixedPrompts(prompts=(Prompt.of("Hello"),), max_tokens=8)
    settings: dict[str, Any] = {
        "load": load,
        "limits": Limits(requests=20, warmup_requests=0),
        "workload": workload,
        "seed": 1,
        "timeout_s": 20.0,
        "most_connections": 100,
    }
    settings |= changes
    return [
        Job(worker=worker, workers=workers, target=target, **settings) for worker in range(workers)
    ]


@dataclass
class Ran:
    """A run and what it left."""

    outcome: Outcome
    recording: Recording

    @property
    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.recording.columns.to_pylist()
        return rows


def plan_of(jobs: list[Job]) -> bytes:
    return Plan(model="target/model", workers=len(jobs)).to_json()


def run(jobs: list[Job]) -> Ran:
    """Run the jobs to their end."""
    file = BytesIO()
    outcome = Coordinator(jobs, plan=plan_of(jobs), file=file).run()
    return Ran(outcome, recorded(file.getvalue()))


def recorded(data: bytes) -> Recording:
    with pa.ipc.open_stream(BytesIO(data)) as stream:
        return read_recording(stream.schema, stream.iter_batches_with_custom_metadata())
