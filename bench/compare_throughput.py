"""How many answers a second a comparison gathers on one core, and how much memory it holds.

    python -m bench.compare_throughput --base-url http://127.0.0.1:9100/v1 [--prompts 20000]

The server must answer any model over OpenAI's streaming protocol, faster than can be asked. A tenth
of the prompts is run first: the difference in peak memory is what the prompts themselves cost.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.measured import Measured, measure

MODELS = ("target/a", "target/b")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--prompts", type=int, default=20_000)
    parser.add_argument("--cpu", type=int, default=0, help="the core the command may use")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = run(Path(folder), arguments.base_url, arguments.prompts // 10, arguments.cpu)
        large = run(Path(folder), arguments.base_url, arguments.prompts, arguments.cpu)
    print(f"memory for ten times the prompts: {large.peak_mib - small.peak_mib:+.1f} MiB")


def run(folder: Path, base_url: str, prompts: int, cpu: int) -> Measured:
    file = folder / "prompts.jsonl"
    with file.open("w") as lines:
        for number in range(prompts):
            question = f"Question {number}: what is {number} times seven?"
            lines.write(json.dumps({"id": number, "prompt": question}) + "\n")
    answers = folder / "answers.jsonl"
    command = ["modelforge", "compare", *MODELS, "--prompts", str(file), "-o", str(answers)]
    command += ["--set", f"providers.target.base_url={base_url}", "--concurrency", "64"]
    measured = measure([*command, "--max-tokens", "128"], cpu=cpu, cwd=folder)
    with answers.open() as lines:
        records = [json.loads(line) for line in lines]
    failed = sum(record["error"] is not None for record in records)
    expected = prompts * len(MODELS)
    if measured.code or failed or len(records) != expected:
        sys.exit(f"{failed} of {len(records)} answers failed ({expected} expected)")
    tokens = {record["completion_tokens"] for record in records}
    print(
        f"{prompts:6} prompts x {len(MODELS)} models: {expected / measured.wall_s:6.0f} answers/s, "
        f"{measured.cpu_s / expected * 1000:.2f} ms CPU an answer, "
        f"peak {measured.peak_mib:.1f} MiB (completion tokens: {tokens})"
    )
    return measured


if __name__ == "__main__":
    main()
