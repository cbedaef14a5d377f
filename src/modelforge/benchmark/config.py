"""A benchmark as a user asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import ClosedLoop, Limits, Load, OpenLoop
from modelforge.benchmark.numbers import require_count, require_seconds
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.synthetic import Synthetic
from modelforge.benchmark.workload import Workload
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt

DEFAULT_SYNTHETIC = "256:128"
"""What is asked where nothing is named: prompts of 256 tokens, answers of 128."""


@dataclass(frozen=True, slots=True)
class BenchmarkConfig:
    """What to ask of which model, how hard, and for how long.

    Attributes:
        provider, model: whom.
        prompts: texts, asked one after the other and again from the first; empty: made-up ones.
        concurrent_requests: the streams of a closed loop, where ``load`` is not given.
        duration: seconds.
        max_requests: at most so many; the first of both limits ends the run.
        warmup_requests: asked before, and not measured.
        load: replaces ``concurrent_requests``.
        workload: replaces ``prompts``.
        slo: what a good request keeps to.
        seed: the same seed gives the same requests at the same due times.
        workers: processes; each has an event loop of its own.
        timeout_s: the longest that an answer may take.
        cooldown_s: how long what is in flight at the end may take, unless ``discard_in_flight``.
        max_connections: over all workers.
        count_events: read every event of every answer; otherwise only the server's own count.
        records: the file for the records; None: one under the state directory.

    Raises:
        UsageError: a value is out of range, or the run would never end.
    """

    provider: str
    model: str
    prompts: Sequence[str] = ()
    concurrent_requests: int = 1
    duration: float | None = None
    max_requests: int | None = None
    warmup_requests: int = 5
    _: KW_ONLY
    load: Load | None = None
    workload: Workload | None = None
    generation: Generation = field(default_factory=Generation)
    slo: Slo | None = None
    seed: int = 0
    workers: int = 1
    timeout_s: float = 120.0
    cooldown_s: float = 30.0
    discard_in_flight: bool = False
    max_connections: int = 10_000
    count_events: bool = True
    records: Path | None = None

    def __post_init__(self) -> None:
        require_count("the seed", self.seed, 0)
        require_count("the number of workers", self.workers, 1)
        require_count("the number of connections", self.max_connections, 1)
        require_seconds("the timeout", self.timeout_s)
        self.limits.require_end(self.asked_load)

    @property
    def asked_load(self) -> Load:
        """The load."""
        return self.load or ClosedLoop(concurrency=self.concurrent_requests)

    @property
    def open_loop(self) -> bool:
        """Whether requests are due whatever the answers do."""
        return isinstance(self.asked_load, OpenLoop)

    @property
    def limits(self) -> Limits:
        """When it ends, and what of it is measured."""
        return Limits(
            duration_s=self.duration,
            requests=self.max_requests,
            warmup_requests=self.warmup_requests,
            cooldown_s=self.cooldown_s,
            discard_in_flight=self.discard_in_flight,
        )

    @property
    def asked_workload(self) -> Workload:
        """What is asked."""
        if self.workload is not None:
            return self.workload
        if self.prompts:
            prompts = tuple(Prompt.of(text) for text in self.prompts)
            return FixedPrompts(prompts=prompts, max_tokens=self.generation.max_tokens)
        return Synthetic.parse(DEFAULT_SYNTHETIC, seed=self.seed)
