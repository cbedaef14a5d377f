"""Every case, every model, every repeat: all in flight together, under a limit per provider."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from modelforge.compare.answer import Answer, ask, recalled, unexpected
from modelforge.compare.contestant import Contestant
from modelforge.compare.gate import Gate, Turn
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.purse import Paying, Payment, Purse
from modelforge.compare.result import CACHED, ComparisonMetrics, ComparisonResult
from modelforge.compare.retrying import RetryPolicy, Sleep
from modelforge.core.errors import Interrupted, ModelForgeError, RateLimited
from modelforge.core.ports import Clock, Recalling
from modelforge.core.prompt import Case
from modelforge.core.response import Response
from modelforge.pricing.charge import charge_reported

Deliver = Callable[[ComparisonResult], None]
"""Takes each result as it arrives, in the order of arrival."""


async def run_comparison(
    contestants: Sequence[Contestant],
    cases: Iterable[Case],
    plan: ComparisonPlan,
    *,
    deliver: Deliver,
    clock: Clock,
    stop: asyncio.Event | None = None,
    draw: Callable[[], float] = random.random,
    sleep: Sleep = asyncio.sleep,
    purse: Purse | None = None,
) -> None:
    """Ask every contestant every case ``plan.repeats`` times and deliver each result.

    ``cases`` is iterated once for each contestant, at its own pace: no more of it is held than
    is in flight, and a slow model holds up nobody. When ``stop`` is set, no further request is
    sent, those in flight are delivered as ``interrupted`` with what had arrived, and the call
    returns. What ``deliver`` raises ends the comparison and is raised.

    With a ``purse`` a request is only sent once the most that it can cost is set aside; where that
    is no longer possible, nothing more is sent and what is in flight is awaited.

    Waits between retries are drawn with ``draw``, from [0, 1), and slept with ``sleep``.
    """
    policy = RetryPolicy(max_retries=plan.max_retries, random=draw, sleep=sleep)
    gates: dict[str, Gate] = {}
    for contestant in contestants:
        limit = plan.max_concurrency or contestant.max_concurrency
        gates.setdefault(contestant.model.id.provider, Gate(limit, clock=clock))
    deliver = _until_it_fails(deliver)
    runners = [
        _Runner(
            contestant=contestant,
            gate=gates[contestant.model.id.provider],
            plan=plan,
            policy=policy,
            deliver=deliver,
            clock=clock,
            paying=None if purse is None else Paying(purse, contestant, plan.generation),
        )
        for contestant in contestants
    ]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(runner.run(cases)) for runner in runners]
            if stop is not None:
                watcher = group.create_task(_cancel_on(stop, tasks))
                await asyncio.wait(tasks)
                watcher.cancel()
    except BaseExceptionGroup as failures:
        raise _first(failures) from None


def _until_it_fails(deliver: Deliver) -> Deliver:
    """``deliver``, but never again once it has raised: its reader is gone."""
    failed = False

    def guarded(result: ComparisonResult) -> None:
        nonlocal failed
        if failed:
            return
        failed = True
        deliver(result)
        failed = False

    return guarded


def _first(failure: BaseException) -> BaseException:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure


async def _cancel_on(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    await stop.wait()
    for task in tasks:
        task.cancel()


@dataclass(kw_only=True, slots=True)
class _Runner:
    """Asks one contestant everything.

    Attributes:
        ready: whether the model was made ready; a server that dies later is its answers' affair.
        refusal: the answer to everything of a model that cannot be had, once that is known.
        preparing: held while the model is made ready.
    """

    contestant: Contestant
    gate: Gate
    plan: ComparisonPlan
    policy: RetryPolicy
    deliver: Deliver
    clock: Clock
    ready: bool = False
    paying: Paying | None = None
    refusal: Answer | None = None
    preparing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, cases: Iterable[Case]) -> None:
        async with asyncio.TaskGroup() as answers:
            for case in cases:
                for repeat in range(self.plan.repeats):
                    if not await self._begin(case, repeat, answers):
                        return
                    # The others queue before this one does again: models take turns.
                    await asyncio.sleep(0)

    async def _begin(self, case: Case, repeat: int, answers: asyncio.TaskGroup) -> bool:
        """Ask when it is this request's turn; what is kept or refused needs none.

        False: it cannot be paid any more.
        """
        due_s = self.clock()
        answer = await self._recalled(case, repeat, due_s) or self.refusal
        if answer is None:
            payment = None
            if self.paying is not None:
                payment = await self.paying.reserve(case.prompt)
                if payment is None:
                    return False
            try:
                turn = await self.gate.enter(patience_s=self.plan.timeout_s)
            except RateLimited as error:
                answer = Answer(response=None, error=error)
                if payment is not None:
                    await payment.settle(answer, sent=False)
            else:
                answers.create_task(self._ask(case, repeat, due_s, turn, payment))
                return True
        self._deliver(case, repeat, answer)
        return True

    async def _recalled(self, case: Case, repeat: int, due_s: float) -> Answer | None:
        """The answer that the model kept: a provider that asks to wait does not hold it up."""
        model = self.contestant.model
        if not isinstance(model, Recalling):
            return None
        try:
            arrival = await model.recall(case.prompt, self.plan.generation, repeat=repeat)
        except Exception:  # noqa: BLE001 (asking says what is wrong)
            return None
        return None if arrival is None else recalled(model, arrival, due_s=due_s)

    async def _ask(
        self, case: Case, repeat: int, due_s: float, turn: Turn, payment: Payment | None
    ) -> None:
        answer = Answer(response=None, error=Interrupted("stopped before it was sent"))
        try:
            await self._prepare()
            answer = self.refusal or await ask(
                self.contestant.model,
                case.prompt,
                self.plan.generation,
                due_s=due_s,
                timeout_s=self.plan.timeout_s,
                clock=self.clock,
                repeat=repeat,
                policy=self.policy,
                deadlines=self.plan.deadlines,
                turn=turn,
                pay_again=None if payment is None else payment.again,
            )
        finally:
            kept = answer.response is not None and answer.response.recalled is not None
            turn.end(answer.error, sent=not kept)
        if payment is not None:
            await payment.settle(answer, sent=not kept and answer is not self.refusal)
        self._deliver(case, repeat, answer)

    async def _prepare(self) -> None:
        """Get the model ready, once, in its turn: no other's answer is disturbed or timed by it."""
        async with self.preparing:
            if self.ready or self.refusal is not None:
                return
            try:
                await self.contestant.model.prepare()
            except ModelForgeError as error:
                self.refusal = Answer(response=None, error=error)
            except Exception as failure:  # noqa: BLE001 (a model's defect must not end the others)
                self.refusal = Answer(response=None, error=unexpected(failure))
            else:
                self.ready = True

    def _deliver(self, case: Case, repeat: int, answer: Answer) -> None:
        model = self.contestant.model
        response, error = answer.response, answer.error
        recalled = response.recalled if response else None
        self.deliver(
            ComparisonResult(
                model_id=str(model.id),
                provider=model.id.provider,
                model=model.id.model,
                response=response.text or response.refusal if response else "",
                metrics=self._metrics(response, answer.retries)
                if response
                else ComparisonMetrics(),
                error=model.redact(str(error)) if error else None,
                error_kind=error.kind if error else None,
                reasoning=response.reasoning if response else "",
                finish_reason=response.finish_reason if response else None,
                prompt=case.prompt.text,
                prompt_index=case.index,
                prompt_id=case.id,
                cluster=case.cluster,
                repeat=repeat,
                cached=recalled is not None,
                cached_at=recalled.asked_at if recalled else None,
            )
        )

    def _metrics(self, response: Response, retries: int) -> ComparisonMetrics:
        tokens = ComparisonMetrics(
            retries=retries,
            prompt_tokens=response.usage.prompt_tokens,
            completion_tokens=response.usage.completion_tokens,
            cached_tokens=response.usage.cached_tokens,
            reasoning_tokens=response.usage.reasoning_tokens,
        )
        if response.recalled is not None:  # nothing was sent: nothing took time, nothing was spent
            return replace(tokens, cost=Decimal(0), cost_note=CACHED)
        bill = charge_reported(response.usage, self.contestant.prices)
        return replace(
            tokens,
            latency=response.timing.latency_s,
            first_token_s=response.timing.ttft_s,
            queued_s=response.timing.queued_s,
            cost=None if bill.full_cost is None else bill.full_cost.usd,
            cost_note=bill.note,
        )
