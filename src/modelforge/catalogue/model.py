"""A model as its provider lists it."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.catalogue.cost import Cost
from modelforge.core.model_id import ModelId


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Facts of one model at one provider; None is unknown, never no.

    Attributes:
        context: the most tokens of prompt and answer together; ``input_limit`` of the prompt
            alone, ``output_limit`` of the answer.
        takes: the kinds of input (``text``, ``image``, ``audio``, ``video``, ``pdf``).
        gives: the kinds of output.
        knowledge: until when it has read, ``YYYY-MM`` or ``YYYY-MM-DD``.
        released: when this model came out, in the same form.
        status: ``beta``, ``deprecated`` or None.
        cost: what is listed, None when no price is.
    """

    id: ModelId
    name: str
    family: str | None = None
    context: int | None = None
    input_limit: int | None = None
    output_limit: int | None = None
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    tool_call: bool | None = None
    reasoning: bool | None = None
    structured_output: bool | None = None
    open_weights: bool | None = None
    knowledge: str | None = None
    released: str | None = None
    status: str | None = None
    cost: Cost | None = None
