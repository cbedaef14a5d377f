"""``modelforge benchmark``."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import click

from modelforge.cli.benchmark_options import benchmark_options
from modelforge.cli.sections import SectionedCommand


@click.command(
    "benchmark",
    cls=SectionedCommand,
    short_help="Load a model and measure what its users would feel.",
)
@click.argument("model", required=False, metavar="PROVIDER/MODEL")
@benchmark_options
def command(*, model: str | None, **options: Any) -> int:
    """Load a model as its users would, and measure what they would feel.

    \b
    modelforge benchmark target/llama-3 --concurrency 16 --duration 30s
    modelforge benchmark target/llama-3 --rate 20 --duration 2m --slo ttft=500ms,itl=50ms
    modelforge benchmark --from-records run.arrows --export json

    Exit codes: 0 measured; 1 nothing was answered; 2 the command or its input must change; 3 the
    run is INVALID, since this client was its limit; 130 interrupted (what was measured is shown).
    """
    from modelforge.wire.worker_process import WorkerProcess  # noqa: PLC0415 (not for --help)

    sending = model is not None and options["from_records"] is None
    with ExitStack() as stack:
        # First of all: they load what they need while this process loads what it needs.
        count = max(1, options["workers"]) if sending else 0
        processes = [stack.enter_context(WorkerProcess()) for _ in range(count)]
        from modelforge.cli.benchmarking import run  # noqa: PLC0415

        return run(model, options, processes)
