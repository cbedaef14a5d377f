"""Comparison from Python: one prompt, several models."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from modelforge.compare.contestant import ContestantSource, parse_models
from modelforge.compare.engine import ComparisonPlan, run_comparison
from modelforge.compare.result import ComparisonResult
from modelforge.core.generation import Generation
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
        models: Sequence[str],
        prompt: str | Prompt,
        *,
        system: str | None = None,
        repeats: int = 1,
        timeout_s: float = 120.0,
        **settings: Any,
    ) -> list[ComparisonResult]:
        """Ask ``models`` (``provider/model``) the same ``prompt``, all at once.

        Args:
            system: a system message, when ``prompt`` is a text.
            repeats: how often each model is asked.
            timeout_s: how long a single answer may take, in seconds.
            settings: ``max_tokens``, ``temperature``, ``top_p``, ``seed``, ``stop``, ``stream``;
                any other name is sent to the servers as it is.

        Returns:
            The results in the order of ``models``, then of repeats. A model that failed has
            ``error`` set and leaves the others untouched.

        Raises:
            UsageError: before anything is sent: a malformed id, an unknown provider, a missing
                key, a local model that has not been fetched, repeats below 1.
        """
        ids = parse_models(models)
        asked = prompt if isinstance(prompt, Prompt) else Prompt.of(prompt, system=system)
        plan = ComparisonPlan(
            generation=_generation(settings), repeats=repeats, timeout_s=timeout_s
        )
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
        self, models: Sequence[str], prompt: str | Prompt, **options: Any
    ) -> list[ComparisonResult]:
        """``compare`` for code that has no event loop."""
        return asyncio.run(self.compare(models, prompt, **options))


def _generation(settings: dict[str, Any]) -> Generation:
    known = {name: value for name, value in settings.items() if name in _GENERATION_FIELDS}
    stop = known.get("stop", ())
    known["stop"] = (stop,) if isinstance(stop, str) else tuple(stop)
    extra = {name: value for name, value in settings.items() if name not in _GENERATION_FIELDS}
    return Generation(**known, extra=extra)
