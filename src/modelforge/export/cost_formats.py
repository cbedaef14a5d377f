"""The formats of a cost plan's export."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from modelforge.cost.plan import CostPlan
from modelforge.export.cost_csv import plan_csv
from modelforge.export.cost_markdown import plan_markdown
from modelforge.export.cost_record import plan_document
from modelforge.export.json_text import json_text


def _json(plan: CostPlan) -> str:
    """Indented; what a terminal would obey is escaped."""
    return json.dumps(json.loads(json_text(plan_document(plan))), indent=2) + "\n"


COST_FORMATS: Final[Mapping[str, Callable[[CostPlan], str]]] = {
    "json": _json,
    "csv": plan_csv,
    "markdown": plan_markdown,
}
"""Each makes the whole text of a plan."""
