"""``modelforge cost schema``."""

from __future__ import annotations

from typing import Final

import click

_SCHEMAS: Final = {
    "scenarios": ("modelforge.scenarios", "scenarios.schema.json"),
    "plan": ("modelforge.export", "cost-plan.schema.json"),
}


@click.command("schema", short_help="The JSON Schema of scenario files, for editors.")
@click.argument("which", default="scenarios", type=click.Choice(tuple(_SCHEMAS)))
def command(*, which: str) -> None:
    """Print the JSON Schema of scenario files, or of the export of a plan.

    \b
    modelforge cost schema > scenarios.schema.json
    # yaml-language-server: $schema=scenarios.schema.json   (first line of the YAML file)
    """
    from importlib.resources import files  # noqa: PLC0415 (--help must not pay for it)

    package, name = _SCHEMAS[which]
    click.echo((files(package) / "data" / name).read_text("utf-8"), nl=False)
