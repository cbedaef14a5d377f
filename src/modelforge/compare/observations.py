"""The numbers of answers by model and prompt, kept small while answers stream past."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from modelforge.compare.quantity import (
    COST,
    FIRST_TOKEN,
    LATENCY,
    MEASURED,
    OUTPUT_TOKENS,
    SPEED,
    SUCCESS,
    Quantity,
)
from modelforge.compare.result import ComparisonResult
from modelforge.core.errors import Interrupted
from modelforge.core.numbers import LARGEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_UNKNOWN = math.nan


class Observations:
    """Holds 8 bytes for each quantity of an answer and 8 for its prompt, never the answer.

    This is where scores come in: whatever gives an answer a number, or a pass (1) and a fail (0),
    adds it under a `Quantity` of its own.

    Args:
        quantities: what each answer may have.
        models: in the order they are to be shown in; others come after them.
    """

    def __init__(
        self, quantities: Sequence[Quantity] = MEASURED, *, models: Iterable[str] = ()
    ) -> None:
        self.quantities = tuple(quantities)
        self._order = {model: place for place, model in enumerate(models)}
        self._prompts: dict[str, array[int]] = {}
        self._values: dict[str, dict[str, array[float]]] = {}
        self._clusters: dict[int, str] = {}

    @property
    def models(self) -> tuple[str, ...]:
        """Those that have an answer, in order."""
        last = len(self._order)
        return tuple(sorted(self._prompts, key=lambda model: self._order.get(model, last)))

    @property
    def prompts(self) -> int:
        """How many different prompts there are."""
        return len(set().union(*self._prompts.values()))

    @property
    def clusters(self) -> int:
        """How many there are, a prompt that names none being its own; 0 where none is named."""
        if not self._clusters:
            return 0
        alone = self.prompts - len(self._clusters)
        return len(set(self._clusters.values())) + alone

    def add(
        self,
        model: str,
        prompt: int,
        values: Mapping[str, float | None],
        *,
        cluster: str | None = None,
    ) -> None:
        """One answer: ``values`` by the names of quantities, what is missing, None or
        beyond 1e120, which nothing that is measured is, is unknown.

        ``cluster`` names what the prompt belongs to with others: a document, a conversation.
        """
        self._prompts.setdefault(model, array("q")).append(prompt)
        kept = self._values.setdefault(model, {q.name: array("d") for q in self.quantities})
        for name, column in kept.items():
            value = values.get(name)
            known = value is not None and abs(value) <= LARGEST
            column.append(value if known and value is not None else _UNKNOWN)
        if cluster is not None:
            self._clusters[prompt] = cluster

    def add_result(self, result: ComparisonResult) -> None:
        """What was measured of one answer; of a failed one only that it failed.

        An answer that was interrupted says nothing. A cached one has neither times nor a cost.
        """
        if result.error_kind == Interrupted.kind:
            return
        metrics = result.metrics
        values: dict[str, float | None] = {SUCCESS.name: float(result.error is None)}
        if result.error is None:
            values |= {
                LATENCY.name: metrics.latency,
                FIRST_TOKEN.name: metrics.first_token_s,
                SPEED.name: metrics.tokens_per_second,
                OUTPUT_TOKENS.name: metrics.completion_tokens,
            }
            if metrics.cost is not None and not result.cached:
                values[COST.name] = float(metrics.cost)
        self.add(result.model_id, result.prompt_index, values, cluster=result.cluster)

    def of_prompts(self, quantity: Quantity, model: str) -> dict[int, float]:
        """The mean of a quantity over the repeats of each prompt, in the order of prompts.

        Prompts of which nothing is known are left out.
        """
        import numpy as np  # noqa: PLC0415 (a comparison begins without it)

        from modelforge.stats.repeats import average_repeats  # noqa: PLC0415 (as numpy)

        prompts = np.frombuffer(self._prompts[model], dtype=np.int64)
        values = np.frombuffer(self._values[model][quantity.name], dtype=np.float64)
        known = ~np.isnan(values)
        if not known.any():
            return {}
        means = average_repeats(prompts[known].tolist(), values[known])
        return {prompt: means[prompt] for prompt in sorted(means)}

    def repeats_of(self, quantity: Quantity, model: str) -> dict[int, list[float]]:
        """The single values of each prompt, in the order they came in."""

        found: dict[int, list[float]] = {}
        column = self._values[model][quantity.name]
        for prompt, value in zip(self._prompts[model], column, strict=True):
            if not math.isnan(value):
                found.setdefault(prompt, []).append(value)
        return found

    def graded(self, quantity: Quantity) -> bool:
        """Whether every known value is a pass (1) or a fail (0), whatever they average to."""
        columns = (columns[quantity.name] for columns in self._values.values())
        return all(value in {0.0, 1.0} or math.isnan(value) for c in columns for value in c)

    def clusters_of(self, prompts: Sequence[int]) -> NDArray[np.intp] | None:
        """The number of each prompt's cluster; one that names none is its own. None: none does."""
        if not self._clusters:
            return None
        import numpy as np  # noqa: PLC0415 (as above)

        numbers: dict[str | int, int] = {}
        labels = [
            numbers.setdefault(self._clusters.get(prompt, prompt), len(numbers))
            for prompt in prompts
        ]
        return np.array(labels, dtype=np.intp)
