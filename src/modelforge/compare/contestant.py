"""A model in a comparison, and the door it comes through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from modelforge.compare.plan import ComparisonPlan
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.core.ports import ChatModel
from modelforge.pricing.tariff import Terms


@dataclass(frozen=True, kw_only=True, slots=True)
class Contestant:
    """How to ask a model, what it costs, and how much of its provider may run at once.

    ``max_concurrency`` is shared by all contestants of one provider.
    """

    model: ChatModel
    prices: Terms
    max_concurrency: int


class ContestantSource(Protocol):
    """Where contestants come from, and how they are asked unless told otherwise."""

    @property
    def plan(self) -> ComparisonPlan:
        """The plan that is configured."""
        ...

    def open(self, ids: Sequence[ModelId]) -> AbstractAsyncContextManager[Sequence[Contestant]]:
        """Resolve ``ids``, in order; connections live as long as the context.

        Raises:
            UsageError: on entry, before anything is sent: an unknown provider, a missing key, …
        """
        ...


def parse_models(models: Iterable[str | ModelId]) -> list[ModelId]:
    """The models of a comparison, in order.

    Raises:
        InvalidModelId: a text is not ``provider/model``.
        UsageError: there are none, or one is named twice.
    """
    if isinstance(models, str):
        raise UsageError(f"models must be a list, not the text {models!r}: write [{models!r}]")
    ids: list[ModelId] = []
    for model in models:
        model_id = model if isinstance(model, ModelId) else ModelId.parse(model)
        if model_id in ids:
            raise UsageError(f"{model_id} is named twice; to ask a model again, use --repeats")
        ids.append(model_id)
    if not ids:
        raise UsageError("no models to compare: name at least one as provider/model")
    return ids
