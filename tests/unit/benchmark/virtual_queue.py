"""The simulator's queue under a load, in virtual time: minutes of load in milliseconds."""

from __future__ import annotations

import heapq

from modelforge.benchmark.load import ClosedLoop, Limits, Load, OpenLoop
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.core.errors import Interrupted
from modelforge.simulator.batch_engine import BatchEngine
from modelforge.simulator.batch_queue import BatchQueue
from tests.unit.benchmark.runs import (
    SECOND,
    a_failure,
    a_recording,
    a_request,
    a_table,
    a_word,
)


class VirtualQueue:
    """A `RunProbe`, and a `RunProbeFor`: a fresh queue for every load, and other arrivals.

    The first probe draws its arrivals by ``seed``, every further one by the next number.
    """

    def __init__(
        self,
        queue: BatchQueue,
        *,
        prompt: int,
        output: int,
        duration_s: float,
        slo: Slo | None = None,
        client_limit: float = float("inf"),
        seed: int = 1,
        interrupted_after: float = float("inf"),
        refuses: bool = False,
    ) -> None:
        self.queue = queue
        self.prompt = prompt
        self.output = output
        self.duration_s = duration_s
        self.slo = slo
        self.client_limit = client_limit
        self.seed = seed
        self.interrupted_after = interrupted_after
        self.refuses = refuses

    async def __call__(self, load: Load, duration_s: float | None = None) -> BenchmarkResult:
        if self.interrupted_after <= 0:
            raise Interrupted("stopped")
        self.interrupted_after -= 1
        self.duration_s = duration_s or self.duration_s
        due_s, first_s, done_s = self.run(load)
        self.seed += 1
        rows = [
            a_failure(
                key,
                "rate_limited",
                due_ns=round(due_s[key] * SECOND),
                sent_ns=round(due_s[key] * SECOND),
                done_ns=round(due_s[key] * SECOND),
                status=429,
            )
            if self.refuses
            else a_request(
                key,
                phase=int(Phase.MEASURED if done_s[key] <= self.duration_s else Phase.COOL_DOWN),
                due_ns=round(due_s[key] * SECOND),
                sent_ns=round(due_s[key] * SECOND),
                first_ns=round(first_s[key] * SECOND),
                last_ns=round(done_s[key] * SECOND),
                done_ns=round(done_s[key] * SECOND),
                completion_tokens=self.output,
                counted_tokens=self.output,
            )
            for key in sorted(done_s)
        ]
        cpu_s = 1.0 * self.duration_s if self._load(load) >= self.client_limit else 0.1
        window = (0, round(self.duration_s * SECOND))
        words = [
            a_word(at_s=0.0, cpu_s=0.0, run_delay_s=0.0, window_ns=window, final=False),
            a_word(at_s=self.duration_s, cpu_s=cpu_s, run_delay_s=0.0, window_ns=window),
        ]
        plan = Plan(model="sim/batch", open_loop=isinstance(load, OpenLoop))
        return summarise(
            a_recording(a_table(*rows), words, plan=plan), slo=self.slo, with_misses=True
        )

    def _load(self, load: Load) -> float:
        if isinstance(load, ClosedLoop):
            return load.concurrency
        return getattr(load.arrivals, "rate", 0.0)

    def late(self, load: Load, limit_s: float) -> float:
        """Which share of the requests of a load has its first token later than that."""
        due_s, first_s, _ = self.run(load)
        return sum(at_s - due_s[key] > limit_s for key, at_s in first_s.items()) / len(first_s)

    def run(self, load: Load) -> tuple[list[float], dict[int, float], dict[int, float]]:
        """When each request was due, and got its first and its last token."""
        engine: BatchEngine[int] = BatchEngine(self.queue)
        due_s: list[float] = []
        first_s: dict[int, float] = {}
        done_s: dict[int, float] = {}
        coming: list[float] = []
        if isinstance(load, ClosedLoop):
            coming = [0.0] * load.concurrency
        else:
            limits = Limits(duration_s=self.duration_s)
            coming = [due for _, due in load.schedule(limits, seed=self.seed)]
        heapq.heapify(coming)
        while coming or engine.next_s is not None:
            if coming and (engine.next_s is None or coming[0] <= engine.next_s):
                at_s = heapq.heappop(coming)
                engine.submit(
                    len(due_s), at_s=at_s, prompt_tokens=self.prompt, output_tokens=self.output
                )
                due_s.append(at_s)
                continue
            assert engine.next_s is not None
            for emission in engine.advance(engine.next_s):
                first_s.setdefault(emission.key, emission.at_s)
                if emission.last:
                    done_s[emission.key] = emission.at_s
                    if isinstance(load, ClosedLoop) and emission.at_s < self.duration_s:
                        heapq.heappush(coming, emission.at_s)
        return due_s, first_s, done_s
