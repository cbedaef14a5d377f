"""How long the catalogue takes to load: its providers, its models, and one model's price.

    python -m bench.catalogue_load [RUNS]

Prints medians over RUNS (20) fresh readings in one warm process.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median

from modelforge.catalogue.files import MODELS_FILE, read_catalogue, read_rows
from modelforge.catalogue.load import EMBEDDED
from modelforge.core.model_id import ModelId


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    id_ = ModelId(provider="openai", model="gpt-4o-mini")
    measurements: dict[str, Callable[[], object]] = {
        "providers": lambda: read_catalogue(EMBEDDED, origin="embedded"),
        "models": lambda: read_rows(EMBEDDED / MODELS_FILE),
        "one model, from nothing": lambda: read_catalogue(EMBEDDED, origin="embedded").model(id_),
        "every model, decoded": lambda: read_catalogue(EMBEDDED, origin="embedded").models(),
    }
    for name, function in measurements.items():
        took = [_milliseconds(function) for _ in range(runs)]
        print(f"{name:24} median {median(took):6.1f} ms   ({min(took):.1f} to {max(took):.1f})")


def _milliseconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
