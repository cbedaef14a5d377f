"""``modelforge test``: one door to every engine."""

from __future__ import annotations

from typing import Any

import click

from modelforge.cli.compare_options import comparison_options
from modelforge.cli.sections import SectionedCommand

_BENCHMARK = "--benchmark"
_COST_ANALYZE = "--cost-analyze"


class _Door(SectionedCommand):
    """Hands ``--benchmark`` to ``modelforge benchmark`` and ``--cost-analyze`` to ``modelforge
    cost plan``, each with all its options.
    """

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        for door in (_BENCHMARK, _COST_ANALYZE):
            wanted = [arg for arg in args if arg.partition("=")[0] == door]
            if wanted:
                # The value of --benchmark=A is the command's argument, as the next word is.
                rest = [arg.partition("=")[2] if "=" in arg else "" for arg in wanted]
                others = [arg for arg in args if arg not in wanted]
                values = [value for value in rest if value]
                return _command_of(door).make_context(
                    info_name, [*values, *others], parent, **extra
                )
        return super().make_context(info_name, args, parent, **extra)


def _command_of(door: str) -> click.Command:
    """The command behind ``door``; here, so that a comparison does not pay for it."""
    if door == _BENCHMARK:
        from modelforge.cli.benchmark_command import command as benchmark  # noqa: PLC0415 (for this door only)

        return benchmark
    from modelforge.cli.cost_plan_command import command as plan  # noqa: PLC0415 (as above)

    return plan


@click.command(
    "test", cls=_Door, short_help="One door to the engines: --compare, --benchmark, --cost-analyze."
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
@click.option(
    _COST_ANALYZE,
    "cost_analyze",
    is_flag=True,
    help="Project costs, with the arguments and options of `modelforge cost plan`.",
)
@comparison_options
def command(
    *,
    listed: str | None,
    benchmark: str | None,  # noqa: ARG001 (the door has handed it on)
    cost_analyze: bool,  # noqa: ARG001 (also)
    **options: Any,
) -> int:
    """Test models: --compare A,B is modelforge compare A B, with the same options,
    --benchmark A is modelforge benchmark A, and --cost-analyze is modelforge cost plan.

    \b
    modelforge test --compare local/smollm2-135m,local/gemma-3-270m --prompt "Why is the sky blue?"
    modelforge test --benchmark sim/fast --concurrency 8 --requests 100
    modelforge test --cost-analyze scenarios.yaml
    """
    if listed is None:
        raise click.UsageError("give --compare A,B, --benchmark PROVIDER/MODEL or --cost-analyze")
    from modelforge.cli.comparison import run  # noqa: PLC0415 (--help must not pay for it)

    return run(tuple(listed.split(",")), options)
