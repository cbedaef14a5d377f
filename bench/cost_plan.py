"""How long a cost plan takes, from the process's start to its exit: three scenarios, every model.

    python -m bench.cost_plan [RUNS]

Prints the medians over RUNS (7) whole processes, once with nothing kept from before and once with
every analysis kept; the aim is 600 ms on an idle machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.measured import measure

SCENARIOS = """\
- {name: support chat, requests_per_day: 2000, prompt_tokens: "lognormal(1800,900)",
   completion_tokens: "lognormal(250,200)", cache_hit_rate: 0.4}
- {name: reports, requests_per_day: 50, prompt_tokens: {p50: 60000, p95: 250000},
   completion_tokens: "normal(900,200)", batch_share: 0.5, days: 90, growth_per_month: 0.1}
- {name: tags, requests_per_day: 100000, prompt_tokens: 400, completion_tokens: 12}
"""


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plan.yaml").write_text(SCENARIOS)
        environment = {**os.environ, "MODELFORGE_ANALYSES": folder}
        for name, extra in (("nothing kept", ["--no-cache"]), ("analyses kept", [])):
            command = ["modelforge", "cost", "plan", "plan.yaml", *extra]
            measure(command, cwd=Path(folder), env=environment)  # the first run reads the disk
            took = [
                measure(command, cwd=Path(folder), env=environment).wall_s * 1000
                for _ in range(runs)
            ]
            print(f"{name}: median {median(took):.0f} ms   ({min(took):.0f} to {max(took):.0f})")


if __name__ == "__main__":
    main()
