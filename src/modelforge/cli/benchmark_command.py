"""``modelforge benchmark``."""

from __future__ import annotations

from typing import Any

import click

from modelforge.cli.benchmark_options import benchmark_options
from modelforge.cli.sections import SectionedCommand


@click.command(
    "benchmark", cls=SectionedCommand, short_help="Load a model's server and measure its latency."
)
@click.argument("models", nargs=-1, metavar="[PROVIDER/MODEL...]")
@benchmark_options
def command(*, models: tuple[str, ...], **options: Any) -> int:
    """Ask a model as your users will, and measure latency, throughput and errors.

    \b
    modelforge benchmark openai/gpt-4o --concurrency 8 --requests 100 --prompts questions.jsonl
    modelforge benchmark sim/fast --rate 50 --duration 30s --slo ttft=500ms,itl=50ms
    modelforge benchmark sim/fast sim/batch --runs 4 --duration 10s
    modelforge benchmark --from-records killed.arrows

    Several models take turns, A B B A, and their runs are compared in pairs.
    Every request is recorded on disk as it ends. Without load and end it is the preset "light".
    Ctrl-C sends no more and reports what there is; a second one breaks off what is in flight.

    Exit codes: 0 measured, 1 every request failed or the server cannot be used, 2 the command or
    its input must change (nothing was sent), 3 the run is INVALID, 130 interrupted.
    """
    from modelforge.cli.benchmarking import run  # noqa: PLC0415 (--help must not pay for it)

    if len(models) > 1:
        from modelforge.cli.benchmark_turns import run_turns  # noqa: PLC0415 (for these only)

        return run_turns(models, options)
    return run(models[0] if models else None, options)
