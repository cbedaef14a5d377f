"""Writes the JSON Schema of a benchmark's export from the models that read it.

python scripts/build_benchmark_schema.py
"""

from __future__ import annotations

import json
from pathlib import Path

from modelforge.export.benchmark_schema import json_schema

FILE = Path(__file__).parents[1] / "src/modelforge/export/data/benchmark.schema.json"


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(json_schema(), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
