"""What to benchmark, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from decimal import Decimal
from typing import Any, Final

from modelforge.benchmark.capped import Capped
from modelforge.benchmark.conversation import Conversations
from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import ClosedLoop, Limits, Load, OpenLoop
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.synthetic import Synthetic
from modelforge.benchmark.trace_workload import TraceLengths
from modelforge.benchmark.weighted import Weighted
from modelforge.benchmark.workload import Workload
from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.numbers import MOST_THINGS, require_between, require_count, require_seconds
from modelforge.core.prompt import Prompt

_MOST_WORKERS: Final = 256  # a worker's number is kept in eight bits
_MOST_CONNECTIONS: Final = 16_384
_TEXTLESS: Final = (FixedPrompts, Synthetic, TraceLengths)


@dataclass(frozen=True, slots=True)
class BenchmarkConfig:
    """A benchmark: a model, what it is asked, how much at a time, and for how long.

    The run ends with the first of ``duration`` and ``max_requests``. With neither, and a load that
    has no end of its own, every one of ``prompts`` is asked once.

    Attributes:
        provider, model: who serves it, and what they call it.
        prompts: asked one after the other, again from the first after the last.
        concurrent_requests: in flight at once; each is followed by the next.
        duration: seconds in which requests are begun.
        max_requests: how many are measured.
        warmup_requests: asked before and not measured.
        load: instead of ``concurrent_requests``, such as an ``OpenLoop``.
        workload: instead of ``prompts``, such as ``Synthetic``.
        max_tokens: the most an answer to one of ``prompts`` may have.
        ignore_eos: ask for exactly ``max_tokens`` tokens.
        generation: how to answer; its ``max_tokens`` gives way to a request's own.
        slo: limits that goodput counts.
        seed: of everything that is drawn.
        workers: processes that send; one is enough for all but the fastest servers.
        timeout_s: the longest an answer may take.
        cooldown_s: how long answers may still come in after the end.
        discard_in_flight: break them off at the end instead.
        max_connections: at once, over all workers.
        runs: how often the whole is repeated.
        count_events: read every event of every answer; otherwise only the two ends of it, and the
            server's own count of tokens.
        server_metrics: read the server's own /metrics beside; None: in runs of 5 s and more.
        max_cost_usd: no request is sent that might pass it. Each run and each worker has its part
            of it.
        confidence: how sure intervals are to be.
        exclude_warm_up: leave out the beginning of a run that is found to be unlike the rest.

    Raises:
        UsageError: a value is out of its range, or two contradict each other.
    """

    provider: str
    model: str
    prompts: Sequence[str | Prompt] = ()
    concurrent_requests: int = 1
    duration: float | None = None
    max_requests: int | None = None
    warmup_requests: int = 5
    _: KW_ONLY
    load: Load | None = None
    workload: Workload | None = None
    max_tokens: int | None = None
    ignore_eos: bool = False
    generation: Generation = field(default_factory=Generation)
    slo: Slo | None = None
    seed: int = 0
    workers: int = 1
    timeout_s: float = 120.0
    cooldown_s: float = 30.0
    discard_in_flight: bool = False
    max_connections: int | None = None
    runs: int = 1
    count_events: bool = True
    server_metrics: bool | None = None
    max_cost_usd: Decimal | None = None
    confidence: float = 0.95
    exclude_warm_up: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.prompts, str):
            raise UsageError("prompts is a list of texts, not one text")
        if self.workload is not None and self.prompts:
            raise UsageError("prompts and workload exclude each other: give one of them")
        if self.workload is not None and (self.max_tokens is not None or self.ignore_eos):
            raise UsageError("max_tokens and ignore_eos are the workload's own: give them there")
        if self.load is not None and self.concurrent_requests != 1:
            raise UsageError("concurrent_requests and load exclude each other: give one of them")
        if self.max_cost_usd is not None and not 0 < self.max_cost_usd < Decimal("1e12"):
            raise UsageError(f"max_cost_usd must be above 0, not {self.max_cost_usd}")
        require_count("the seed", self.seed, 0)
        require_count("the number of workers", self.workers, 1)
        require_count("the number of runs", self.runs, 1, most=MOST_THINGS)
        require_seconds("the timeout", self.timeout_s)
        require_between("the confidence", self.confidence, 0.5, 0.9999)
        if self.workers > _MOST_WORKERS:
            raise UsageError(f"there can be at most {_MOST_WORKERS} workers, not {self.workers}")
        if self.max_connections is not None:
            require_count("the number of connections", self.max_connections, 1, most=MOST_THINGS)
            if self.max_connections < self.workers:
                raise UsageError(
                    f"{self.workers} workers cannot share {self.max_connections} connections:"
                    " each needs one"
                )
        load = self.effective_load
        if isinstance(load, ClosedLoop):
            self._require_room(load)
        _ = self.effective_workload
        self.limits.require_end(load)

    def _require_room(self, load: ClosedLoop) -> None:
        if self.workers > load.concurrency:
            raise UsageError(
                f"{self.workers} workers have nothing to do with {load.concurrency} concurrent"
                " requests: use at most as many workers"
            )
        if self.max_connections is not None and self.max_connections < load.concurrency:
            raise UsageError(
                f"{load.concurrency} clients cannot share {self.max_connections} connections:"
                " they would wait for each other; ask for as many clients as connections"
            )

    @property
    def model_id(self) -> ModelId:
        """The model."""
        return ModelId(provider=self.provider, model=self.model)

    @property
    def effective_load(self) -> Load:
        """How much is asked at a time."""
        return self.load or ClosedLoop(concurrency=self.concurrent_requests)

    @property
    def effective_workload(self) -> Workload:
        """What is asked."""
        if self.workload is not None:
            return self.workload
        prompts = tuple(
            Prompt.of(prompt) if isinstance(prompt, str) else prompt for prompt in self.prompts
        )
        return FixedPrompts(
            prompts=prompts,
            seed=self.seed,
            max_tokens=self.max_tokens,
            ignore_eos=self.ignore_eos,
        )

    @property
    def limits(self) -> Limits:
        """When it ends."""
        requests, load = self.max_requests, self.effective_load
        endless = self.duration is None and not load.finite
        if requests is None and endless and self.prompts:
            requests = len(self.prompts)
        lasts_s = load.lasts_s if isinstance(load, OpenLoop) else None
        times_s = [time_s for time_s in (self.duration, lasts_s) if time_s is not None]
        return Limits(
            duration_s=min(times_s, default=None),
            requests=requests,
            warmup_requests=self.warmup_requests,
            cooldown_s=self.cooldown_s,
            discard_in_flight=self.discard_in_flight,
        )

    def connections_of(self, worker: int) -> int:
        """The most connections of a worker: its share of all, as it has its share of the load."""
        load = self.effective_load
        most = self.max_connections
        if most is None:
            most = load.concurrency if isinstance(load, ClosedLoop) else _MOST_CONNECTIONS
        return len(range(worker, most, self.workers))

    @property
    def needs_text(self) -> bool:
        """Whether what is asked depends on the texts of answers."""
        return _needs_text(self.effective_workload)

    def to_asked(self) -> dict[str, Any]:
        """What a recording's plan keeps of it: of JSON's types, without secrets."""
        limits, slo = self.limits, self.slo
        return {
            "load": self.effective_load.description,
            "workload": describe(self.effective_workload),
            "duration_s": limits.duration_s,
            "requests": limits.requests,
            "warmup_requests": limits.warmup_requests,
            "cooldown_s": 0.0 if limits.discard_in_flight else limits.cooldown_s,
            "discard_in_flight": limits.discard_in_flight,
            "max_tokens": self.max_tokens or self.generation.max_tokens,
            "seed": self.seed,
            "timeout_s": self.timeout_s,
            "slo_ms": None if slo is None else dict(slo.limits_ms()),
            "max_cost_usd": None if self.max_cost_usd is None else f"{self.max_cost_usd:f}",
        }


def describe(workload: Workload) -> str:
    """What is asked, in a few words for a report."""
    match workload:
        case FixedPrompts():
            return f"{workload.source}: {len(workload.prompts)} in turn"
        case Conversations():
            return f"{workload.source}: {len(workload.scripts)} in turn"
        case Weighted():
            return "; ".join(
                f"{describe(source)}, weight {weight:g}" for source, weight in workload.sources
            )
        case Capped():
            return f"{describe(workload.workload)}, answers of {workload.max_tokens:,} at most"
        case TraceLengths():
            return f"the lengths of {workload.trace.name}"
        case Synthetic():
            shared = f", {workload.shared_prefix:.0%} shared" if workload.shared_prefix else ""
            return f"{workload.source}{shared}"
    return type(workload).__name__


def _needs_text(workload: Workload) -> bool:
    if isinstance(workload, Weighted):
        return any(_needs_text(source) for source, _ in workload.sources)
    if isinstance(workload, Capped):
        return _needs_text(workload.workload)
    return not isinstance(workload, _TEXTLESS)
