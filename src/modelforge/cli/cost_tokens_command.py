"""``modelforge cost tokens``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import click

from modelforge.app.prices import Prices
from modelforge.cli.configuration import configure
from modelforge.cli.console import print_table
from modelforge.cli.options import configuration_options
from modelforge.cli.reporting import write_export
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.cost.same_text import SameText, same_text
from modelforge.export.same_text_record import (
    same_text_csv,
    same_text_json,
    same_text_markdown,
    same_text_table,
)

_LONGEST: Final = 5_000_000
_FORMATS: Final[Mapping[str, Callable[[Sequence[SameText]], str]]] = {
    "json": same_text_json,
    "csv": same_text_csv,
    "markdown": same_text_markdown,
}


@click.command("tokens", short_help="The same text in the tokens of several models, and its price.")
@click.argument("models", nargs=-1, required=True, metavar="PROVIDER/MODEL...")
@click.option("--prompt", metavar="TEXT", help="What is asked.")
@click.option(
    "--prompt-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Read it from this file.",
)
@click.option("--answer", metavar="TEXT", default="", help="What is answered, in output tokens.")
@click.option("--export", type=click.Choice(tuple(_FORMATS)), help="Write it in this format.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there; the suffix names the format where --export does not.",
)
@configuration_options
def command(
    *,
    models: tuple[str, ...],
    prompt: str | None,
    prompt_file: Path | None,
    answer: str,
    export: str | None,
    output: Path | None,
    config_file: Path | None,
    assignments: tuple[str, ...],
    verbose: bool,
) -> None:
    """Count a text as each model does, and price it: no two families cut it alike.

    OpenAI's tokens are counted with its own tokenizers; those of other families are estimated by
    what their makers say of characters a token, and marked with a ~. Nothing is sent.

    \b
    modelforge cost tokens openai/gpt-4o google/gemini-2.5-pro --prompt "Why is the sky blue?"
    """
    ids = [ModelId.parse(model) for model in models]
    text = _text(prompt, prompt_file)
    configuration = configure(config_file, assignments, verbose=verbose)
    prices = Prices(configuration, now=datetime.now(UTC))
    rows = same_text(ids, prices.quote, prompt=text, answer=answer)
    if export is None and output is None:
        print_table(same_text_table(rows))
        return
    formats = {name: partial(made, rows) for name, made in _FORMATS.items()}
    write_export(formats, export, output, inputs=[] if prompt_file is None else [prompt_file])


def _text(prompt: str | None, path: Path | None) -> str:
    if (prompt is None) == (path is None):
        raise UsageError("there is one text to count: give --prompt or --prompt-file")
    if path is None:
        return prompt or ""
    try:
        with path.open(encoding="utf-8") as stream:
            text = stream.read(_LONGEST + 1)
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    if len(text) > _LONGEST:
        raise UsageError(f"{path} is longer than {_LONGEST:,} characters: count a part of it")
    return text
