"""Comparison from Python: one prompt, several models."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from modelforge.compare.contestant import ContestantSource, parse_models
from modelforge.compare.engine import run_comparison
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.result import ComparisonResult
from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.ports import Clock
from modelforge.core.prompt import Case, Prompt

_GENERATION_FIELDS = frozenset(field.name for field in fields(Generation)) - {"extra"}


class ModelComparator:
    """Asks several models the same thing."""

    def __init__(self, registry: ContestantSource, *, clock: Clock = time.monotonic) -> None:
        self._registry = registry
        self._clock = clock

    async def compare(
        self,
        models: Sequence[str | ModelId],
        prompt: str | Prompt,
        *,
        system: str | None = None,
        repeats: int | None = None,
        timeout_s: float | None = None,
        max_concurrency: int | None = None,
        max_retries: int | None = None,
        **settings: Any,
    ) -> list[ComparisonResult]:
        """Ask ``models`` (``provider/model``) the same ``prompt``, all at once.

        Args:
            system: a system message, when ``prompt`` is a text.
            repeats: how often each model is asked.
            timeout_s: how long a single answer may take, in seconds.
            max_concurrency: requests in flight at once, for each provider.
            max_retries: how often a request is sent again when its fault may pass; 0: never.
            settings: ``max_tokens``, ``temperature``, ``top_p``, ``seed``, ``stop``, ``stream``;
                any other name is sent to the servers as it is.

        What is None is as the registry is configured.

        Returns:
            The results in the order of ``models``, then of repeats. A model that failed has
            ``error`` set and leaves the others untouched.

        Raises:
            UsageError: before anything is sent: a malformed id, an unknown provider, a missing
                key, a local model that has not been fetched, an empty prompt, a setting out of
                its range.
        """
        ids = parse_models(models)
        options = {
            "repeats": repeats,
            "timeout_s": timeout_s,
            "max_concurrency": max_concurrency,
            "max_retries": max_retries,
        }
        plan = _plan(self._registry.plan, options, settings)
        asked = _prompt(prompt, system)
        results: list[ComparisonResult] = []
        async with self._registry.open(ids) as contestants:
            await run_comparison(
                contestants,
                [Case(index=0, prompt=asked)],
                plan,
                deliver=results.append,
                clock=self._clock,
            )
        place = {str(id_): index for index, id_ in enumerate(ids)}
        return sorted(results, key=lambda result: (place[result.model_id], result.repeat))

    def compare_sync(
        self, models: Sequence[str | ModelId], prompt: str | Prompt, **options: Any
    ) -> list[ComparisonResult]:
        """``compare`` for code that has no event loop.

        Raises:
            UsageError: also when there is one: await ``compare`` there.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.compare(models, prompt, **options))
        raise UsageError("an event loop is running here: await compare(…) instead")


def _prompt(prompt: str | Prompt, system: str | None) -> Prompt:
    if isinstance(prompt, Prompt):
        if system is not None:
            raise UsageError("system= goes with a text; a Prompt has its own system message")
        return prompt
    if not prompt:
        raise UsageError(f"the prompt must be a text that is not empty, not {prompt!r}")
    return Prompt.of(prompt, system=system)


def _plan(
    configured: ComparisonPlan, options: dict[str, Any], settings: dict[str, Any]
) -> ComparisonPlan:
    """``configured``, with what the caller says laid over it."""
    options = {name: value for name, value in options.items() if value is not None}
    known = {name: value for name, value in settings.items() if name in _GENERATION_FIELDS}
    if "stop" in known:
        stop = known["stop"] or ()
        known["stop"] = (stop,) if isinstance(stop, str) else tuple(stop)
    extra = {name: value for name, value in settings.items() if name not in _GENERATION_FIELDS}
    generation = replace(configured.generation, **known, extra=extra)
    return replace(configured, **options, generation=generation)
