"""``modelforge test``: one door to every engine."""

from __future__ import annotations

from typing import Any

import click

from modelforge.cli.compare_options import comparison_options
from modelforge.cli.sections import SectionedCommand

_BENCHMARK = "--benchmark"


class _Door(SectionedCommand):
    """Hands ``--benchmark`` with all its options to ``modelforge benchmark``."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        wanted = [arg for arg in args if arg.partition("=")[0] == _BENCHMARK]
        if not wanted:
            return super().make_context(info_name, args, parent, **extra)
        # Here: a comparison does not pay for it.
        from modelforge.cli.benchmark_command import command as benchmark  # noqa: PLC0415

        rest = [
            arg.partition("=")[2] if arg in wanted else arg for arg in args if arg != _BENCHMARK
        ]
        return benchmark.make_context(info_name, rest, parent, **extra)


@click.command(
    "test", cls=_Door, short_help="One door to the engines: --compare A,B or --benchmark A."
)
@click.option(
    "--compare",
    "listed",
    metavar="A,B",
    help="Models to compare, separated by commas.",
)
@click.option(
    _BENCHMARK,
    "benchmark",
    metavar="PROVIDER/MODEL",
    help="A model to benchmark, with the options of `modelforge benchmark`.",
)
@comparison_options
def command(*, listed: str | None, benchmark: str | None, **options: Any) -> int:  # noqa: ARG001
    """Test models: --compare A,B is ``modelforge compare A B``, with the same options, and
    --benchmark A is ``modelforge benchmark A``.

    \b
    modelforge test --compare local/smollm2-135m,local/gemma-3-270m --prompt "Why is the sky blue?"
    modelforge test --benchmark sim/fast --concurrency 8 --requests 100
    """
    if listed is None:
        raise click.UsageError("give --compare A,B or --benchmark PROVIDER/MODEL")
    from modelforge.cli.comparison import run  # noqa: PLC0415 (--help must not pay for it)

    return run(tuple(listed.split(",")), options)
