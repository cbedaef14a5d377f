"""The models of one server and all that has happened to them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from modelforge.simulator.answer import Answer
from modelforge.simulator.answer_plan import plan_answer
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.batch_driver import BatchDriver
from modelforge.simulator.http_request import HttpRequest
from modelforge.simulator.line import Line
from modelforge.simulator.metrics import ModelGauges, metrics_text
from modelforge.simulator.prefix_cache import PrefixCache
from modelforge.simulator.profile import PROFILES, Profile
from modelforge.simulator.streamed_answer import StreamedAnswer
from modelforge.simulator.timer import Timer
from modelforge.simulator.truth import Truth
from modelforge.simulator.whole_answer import WholeAnswer


class Simulation:
    """Answers requests as the profiles say; ``profiles`` replace built-in ones of their name."""

    def __init__(self, profiles: Iterable[Profile], *, seed: int, timer: Timer) -> None:
        self.profiles = {**PROFILES, **{profile.name: profile for profile in profiles}}
        self._seed = seed
        self._timer = timer
        self._under_way: set[Answer] = set()
        self.reset()

    def reset(self) -> None:
        """Forget what happened: counts, numbers and caches. Answers under way go on unseen."""
        self.truth = Truth(self._timer.clock())
        self._numbers: defaultdict[str, int] = defaultdict(int)
        self._caches: defaultdict[str, PrefixCache] = defaultdict(PrefixCache)
        self._drivers = {
            name: BatchDriver(profile.queue, self._timer)
            for name, profile in self.profiles.items()
            if profile.queue is not None
        }

    def answer(self, http: HttpRequest, line: Line) -> Answer:
        """Begin to answer a request for a completion.

        Raises:
            ApiError: the request is wrong, or nobody serves its model.
        """
        parsed_s = self._timer.clock()
        wire = http.wire
        request = wire.parse(http.body)
        profile = self.profile(request.model)
        number = self._numbers[profile.name]
        self._numbers[profile.name] = number + 1
        cached = self._caches[profile.name].use(request.prompt) if profile.prefix_cache else 0
        plan = plan_answer(
            request,
            profile=profile,
            seed=self._seed,
            number=number,
            arrived_s=parsed_s - self.truth.started_s,
            cached_tokens=cached,
        )
        common: dict[str, Any] = {
            "wire": wire,
            "line": line,
            "truth": self.truth.models[profile.name],
            "timer": self._timer,
            "parsed_s": parsed_s,
            "generator": self._drivers.get(profile.name),
            "ended": lambda: self._under_way.discard(answer),
            "created": int(time.time()),
        }
        answer: Answer
        if request.stream:
            answer = StreamedAnswer(
                plan,
                events=wire.events(profile.name, chunked=line.delivery.chunked),
                include_usage=request.include_usage,
                **common,
            )
        else:
            answer = WholeAnswer(plan, model=profile.name, **common)
        self._under_way.add(answer)
        answer.begin()
        return answer

    def profile(self, model: str) -> Profile:
        """The profile that requests for ``model`` get.

        Raises:
            ApiError: 404.
        """
        if model not in self.profiles:
            raise ApiError(
                404,
                f"The model `{model}` does not exist or you do not have access to it.",
                code="model_not_found",
            )
        return self.profiles[model]

    @property
    def metrics(self) -> str:
        """The page of metrics: every model that was asked since the last reset."""
        truths = dict(sorted(self.truth.models.items()))
        gauges = {}
        for name, truth in truths.items():
            driver = self._drivers.get(name)
            waiting = driver.waiting if driver else 0
            running = truth.requests - truth.outcomes.total() - waiting
            gauges[name] = ModelGauges(running=running, waiting=waiting)
        return metrics_text(truths, gauges)
