"""Writes the JSON Schemas of scenario files and of a cost plan's export from their models.

python scripts/build_cost_schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path

from modelforge.export.cost_schema import json_schema as plan_schema
from modelforge.scenarios.schema import json_schema as scenario_schema

SOURCE = Path(__file__).parents[1] / "src/modelforge"
FILES = {
    SOURCE / "scenarios/data/scenarios.schema.json": scenario_schema,
    SOURCE / "export/data/cost-plan.schema.json": plan_schema,
}


def main() -> None:
    for file, schema in FILES.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(schema(), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
