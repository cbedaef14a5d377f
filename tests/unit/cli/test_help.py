"""Every command's help, as a terminal of 80 columns shows it."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from modelforge.cli.main import root


def _commands(group: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=name)
    yield name, group
    if isinstance(group, click.Group):
        for each in group.list_commands(context):
            made = group.get_command(context, each)
            assert made is not None
            yield from _commands(made, f"{name} {each}")


@pytest.mark.parametrize(
    ("name", "command"), [pytest.param(*each, id=each[0]) for each in _commands(root, "modelforge")]
)
def test_help_is_plain_text(name: str, command: click.Command) -> None:
    text = command.get_help(click.Context(command, info_name=name, terminal_width=80))
    assert "``" not in text  # what marks code in a docstring marks nothing in a terminal
    assert command.short_help or command.help
