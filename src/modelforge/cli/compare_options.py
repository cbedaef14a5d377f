"""The options of a comparison, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from modelforge.cli.options import configuration_options
from modelforge.export.format_names import FORMAT_NAMES
from modelforge.prompts import spec

_PROMPT_OPTIONS = (
    click.option("-p", "--prompt", help="The prompt; @FILE reads it from a file, - from stdin."),
    click.option(
        "--prompts", metavar="FILE", help="Many prompts: text, JSONL, CSV or YAML; - is stdin."
    ),
    click.option(
        "--prompts-format",
        type=click.Choice(spec.FORMATS),
        help="The format of --prompts, when its suffix does not say.",
    ),
    click.option("--template", help="A Jinja template filled from each row; @FILE reads it."),
    click.option(
        "--var",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        help="A variable of the template.",
    ),
    click.option("--system", help="The system prompt; @FILE reads it."),
    click.option(
        "--prompt-field",
        default=spec.PROMPT_FIELD,
        show_default=True,
        help="The field of a row that holds the prompt.",
    ),
    click.option(
        "--id-field",
        default=spec.ID_FIELD,
        show_default=True,
        help="The field of a row that names it.",
    ),
    click.option("--limit", type=click.IntRange(min=1), help="Use only the first N prompts."),
)

_GENERATION_OPTIONS = (
    click.option("--repeats", type=int, help="Ask each model each prompt N times."),
    click.option("--max-tokens", type=int, help="The most tokens of an answer."),
    click.option("--temperature", type=float),
    click.option("--top-p", type=float),
    click.option("--seed", type=int, help="Sent to servers that can repeat themselves."),
    click.option("--stop", multiple=True, metavar="TEXT", help="End an answer at this text."),
    click.option(
        "--param",
        "params",
        multiple=True,
        metavar="NAME=JSON",
        help="A setting of the server's own.",
    ),
    click.option(
        "--no-stream",
        is_flag=True,
        help="Ask for whole answers; the first token is then not timed.",
    ),
    click.option(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="The longest an answer may take.  [default: 120]",
    ),
    click.option(
        "--concurrency",
        type=int,
        metavar="N",
        help="Requests in flight at once, for each provider.",
    ),
)

_OUTPUT_OPTIONS = (
    click.option(
        "--export",
        type=click.Choice(FORMAT_NAMES),
        help="Write results in this format, to stdout unless -o.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write results to FILE, as they arrive.",
    ),
    click.option(
        "--show",
        type=click.IntRange(min=0),
        default=3,
        show_default=True,
        metavar="N",
        help="Show the answers to the first N prompts.",
    ),
    click.option(
        "--max-lines",
        type=click.IntRange(min=1),
        metavar="N",
        help="Show at most N lines of an answer.",
    ),
    click.option("--yes", is_flag=True, help="Fetch missing local models without asking."),
    click.option("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors."),
)


def comparison_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Every option of a comparison."""
    function = configuration_options(function)
    for option in reversed((*_PROMPT_OPTIONS, *_GENERATION_OPTIONS, *_OUTPUT_OPTIONS)):
        function = option(function)
    return function
