"""A group of commands that loads one only when it is run."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """A group whose help is known without loading a single command.

    Args:
        modules: what each command's module is named, with ``{}`` for the command's name.
        summaries: what the help says of each command, in its order.
    """

    def __init__(
        self, *args: Any, modules: str = "", summaries: Mapping[str, str] | None = None, **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        self._modules = modules
        self._summaries = summaries or {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        if cmd_name not in self._summaries:
            return None
        command: click.Command = importlib.import_module(self._modules.format(cmd_name)).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self._summaries:
            import difflib  # noqa: PLC0415 (only to name what was meant)

            close = difflib.get_close_matches(args[0], self._summaries, n=1)
            commands = f"commands: {', '.join(self._summaries)}"
            hint = f"did you mean {close[0]}?" if close else commands
            raise click.UsageError(f"no such command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))
