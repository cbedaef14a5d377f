"""The command's entry: which commands there are, and how every failure ends.

Exit codes: 0 done; 1 some model or endpoint failed; 2 the command, a file or the configuration
must change; 3 a benchmark's figures are INVALID; 4 a budget's threshold is reached, or a gate did
not pass; 70 a defect of ModelForge itself; 130 interrupted (143 by SIGTERM); 141 the reader of the
output went away.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import Any, Final, NoReturn

import click

from modelforge.cli.exit_codes import (
    EXIT_BROKEN_PIPE,
    EXIT_DEFECT,
    EXIT_INTERRUPTED,
    EXIT_USAGE,
)
from modelforge.cli.lazy_group import LazyGroup
from modelforge.core.errors import ModelForgeError

_COMPLETION: Final = "_MODELFORGE_COMPLETE"
_MADE_BETWEEN_COLLECTIONS: Final = 20_000  # at 700, a tenth of a start is looking for garbage
_PLUGINS: Final = "PYDANTIC_DISABLE_PLUGINS"  # to look for them takes a look at every package

# What --help shows, without loading a single command.
_COMMANDS: Final = {
    "benchmark": "Load a model and measure what its users would feel.",
    "cache": "Look at the kept answers, or let go of them.",
    "calibrate": "Measure what this machine's load generator reaches.",
    "compare": "Ask several models the same, side by side.",
    "cost": "Price calls and plans.",
    "doctor": "Show what is configured and whether it answers.",
    "models": "Find models, their limits and prices; fetch local ones.",
    "plan": "How much to measure for a difference that matters.",
    "runs": "Hold benchmarks that were kept against each other.",
    "scores": "Compare models by a table of graded answers.",
    "sim": "Serve simulated models whose truth is known.",
    "test": "One door to the engines: --compare, --benchmark, --cost-analyze.",
}


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version  # noqa: PLC0415 (--version alone pays for it)

        click.echo(f"modelforge {version('modelforge-testing')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    modules="modelforge.cli.{}_command",
    summaries=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def root() -> None:
    """Which language model should I use? Compare models on your prompts, with evidence.

    \b
    modelforge compare local/smollm2-135m local/gemma-3-270m --prompt "Why is the sky blue?"
    modelforge doctor
    """


def main() -> NoReturn:
    """Run the command and exit; no failure ends in a traceback."""
    if instruction := os.environ.get(_COMPLETION):
        from click.shell_completion import shell_complete  # noqa: PLC0415 (a shell asks, seldom)

        sys.exit(shell_complete(root, {}, "modelforge", _COMPLETION, instruction))
    gc.set_threshold(_MADE_BETWEEN_COLLECTIONS)
    os.environ.setdefault(_PLUGINS, "__all__")
    code = run(sys.argv[1:])
    gc.freeze()  # what is left ends with the process: to look through it takes 50 ms and more
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command and return its exit code; every failure is one line on stderr."""
    try:
        # Not root.main(): it would turn a broken pipe into an exit code of its own.
        with root.make_context("modelforge", arguments) as context:
            code: Any = root.invoke(context)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as failure:  # noqa: BLE001 (the last line of defence)
        return _ended_by(failure)
    return code if isinstance(code, int) else 0


def _ended_by(failure: BaseException) -> int:
    if isinstance(failure, click.exceptions.Exit):
        return failure.exit_code
    if isinstance(failure, click.exceptions.NoArgsIsHelpError):
        click.echo(failure.format_message(), err=True)
        return failure.exit_code
    if isinstance(failure, BrokenPipeError):
        # What is still buffered has no reader: a second failure at exit would only be noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    message, code = _described(failure)
    return _complain(message, code)


def _described(failure: BaseException) -> tuple[str, int]:
    """What to say of a failure, and the exit code it stands for."""
    match failure:
        case click.ClickException():
            return _with_help(failure), failure.exit_code
        case ModelForgeError():
            return str(failure), failure.exit_code
        case click.Abort() | KeyboardInterrupt():
            return "interrupted", EXIT_INTERRUPTED
        case RecursionError():
            return "an option or a file is nested too deeply", EXIT_USAGE
        case OSError():
            where = f" {failure.filename!r}" if failure.filename else ""
            return f"{failure.strerror or failure}{where}", 1
    logging.getLogger(__name__).debug("unexpected failure", exc_info=failure)
    message = (
        f"unexpected {type(failure).__name__}: {failure}; this is a defect of ModelForge: "
        "run again with --verbose for its traceback and report it"
    )
    return message, EXIT_DEFECT


def _with_help(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f" (see {context.command_path} --help)" if context is not None else ""
    return error.format_message().rstrip(".") + hint


def _complain(message: str, code: int) -> int:
    """One line on stderr, harmless whatever it quotes."""
    from modelforge.export.terminal_text import terminal_line  # noqa: PLC0415 (failures pay for it)

    click.echo(f"modelforge: {terminal_line(message)}", err=True)
    return code
