"""The formats of a cost plan's export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from modelforge.cost.plan import CostPlan
from modelforge.export.cost_csv import plan_csv
from modelforge.export.cost_markdown import plan_markdown
from modelforge.export.cost_record import plan_document
from modelforge.export.json_text import document_text


def _json(plan: CostPlan) -> str:
    return document_text(plan_document(plan))


COST_FORMATS: Final[Mapping[str, Callable[[CostPlan], str]]] = {
    "json": _json,
    "csv": plan_csv,
    "markdown": plan_markdown,
}
"""Each makes the whole text of a plan."""
