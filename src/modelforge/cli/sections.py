"""Help in sections: a long list of options read by what they are about."""

from __future__ import annotations

from typing import Any

import click


class SectionedOption(click.Option):
    """An option that stands under ``section`` in the help."""

    def __init__(self, *args: Any, section: str, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose help lists its options section by section, in the order of declaration."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections; options without one come last, under Options."""
        sections: dict[str, list[tuple[str, str]]] = {}
        rest: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None or not isinstance(parameter, click.Option):
                continue
            if isinstance(parameter, SectionedOption):
                sections.setdefault(parameter.section, []).append(record)
            else:
                rest.append(record)
        for title, records in {**sections, "Options": rest}.items():
            with formatter.section(title):
                formatter.write_dl(records)
