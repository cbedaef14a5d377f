"""How long the command takes to say its version and its help.

    python -m bench.startup [RUNS]

Prints medians over RUNS (10) whole processes, beside an empty Python for the machine's own share.
"""

from __future__ import annotations

import sys
from statistics import median

from bench.measured import measure

COMMANDS = {
    "python -c ''": [sys.executable, "-c", ""],
    "modelforge --version": ["modelforge", "--version"],
    "modelforge --help": ["modelforge", "--help"],
    "modelforge compare --help": ["modelforge", "compare", "--help"],
}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for name, command in COMMANDS.items():
        measure(command)  # the first run reads the disk
        took = [measure(command).wall_s * 1000 for _ in range(runs)]
        print(f"{name:28} median {median(took):6.1f} ms   ({min(took):.1f} to {max(took):.1f})")


if __name__ == "__main__":
    main()
