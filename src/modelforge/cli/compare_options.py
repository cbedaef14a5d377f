"""The options of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from modelforge.cli.dollars import Dollars
from modelforge.cli.options import configuration_options
from modelforge.cli.sections import SectionedOption
from modelforge.export.format_names import FORMAT_NAMES
from modelforge.prompts import spec

_prompt = partial(click.option, cls=SectionedOption, section="Prompts")
_answer = partial(click.option, cls=SectionedOption, section="Answers")
_sending = partial(click.option, cls=SectionedOption, section="Sending")
_output = partial(click.option, cls=SectionedOption, section="Output")

_OPTIONS = (
    _prompt("-p", "--prompt", help="The prompt; @FILE reads it from a file, - from stdin."),
    _prompt(
        "--prompts", metavar="FILE", help="Many prompts: text, JSONL, JSON, CSV, YAML; - is stdin."
    ),
    _prompt(
        "--prompts-format",
        type=click.Choice(spec.FORMATS),
        help="The format of --prompts, when its suffix does not say.",
    ),
    _prompt("--template", help="A Jinja template filled from each row; @FILE reads it."),
    _prompt(
        "--var",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        help="A variable of the template, where a row has no such field.",
    ),
    _prompt("--system", metavar="TEXT", help="The system prompt; @FILE reads it."),
    _prompt(
        "--prompt-field",
        default=spec.PROMPT_FIELD,
        show_default=True,
        metavar="NAME",
        help="The field of a row that holds the prompt.",
    ),
    _prompt(
        "--id-field",
        default=spec.ID_FIELD,
        show_default=True,
        metavar="NAME",
        help="The field of a row that names it.",
    ),
    _prompt(
        "--cluster-field",
        default=spec.CLUSTER_FIELD,
        show_default=True,
        metavar="NAME",
        help="The field that names the document or conversation a row is of.",
    ),
    _prompt("--limit", type=int, metavar="N", help="Use only the first N prompts."),
    _answer("--max-tokens", type=int, metavar="N", help="The most tokens of an answer."),
    _answer("--temperature", type=float, metavar="T", help="0 for the likeliest answer."),
    _answer("--top-p", type=float, metavar="P", help="Sample from this share of likely tokens."),
    _answer("--seed", type=int, metavar="N", help="For servers that can repeat themselves."),
    _answer("--stop", multiple=True, metavar="TEXT", help="End an answer at this text."),
    _answer(
        "--param",
        "params",
        multiple=True,
        metavar="NAME=JSON",
        help="A setting of the server's own, sent as it is.",
    ),
    _answer(
        "--no-stream",
        is_flag=True,
        help="Ask for whole answers; the first token is then not timed.",
    ),
    _sending("--repeats", type=int, metavar="N", help="Ask each model each prompt N times."),
    _sending(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="The longest an answer may take, retries included.  [default: 120]",
    ),
    _sending(
        "--first-token-timeout",
        type=float,
        metavar="SECONDS",
        help="The longest a stream may take to begin.",
    ),
    _sending(
        "--idle-timeout",
        type=float,
        metavar="SECONDS",
        help="The longest a stream may pause once it has begun.",
    ),
    _sending(
        "--max-retries",
        type=int,
        metavar="N",
        help="Send a request again, at most N times, when its fault may pass.  [default: 2]",
    ),
    _sending(
        "--concurrency",
        type=int,
        metavar="N",
        help="Requests in flight at once, for each provider.  [default: 32, local 1]",
    ),
    _sending(
        "--cache/--no-cache",
        "cache",
        default=None,
        help="Answer from the cache what was asked before, and keep what is new.  [default: no]",
    ),
    _sending("--refresh", is_flag=True, help="Ask again what is in the cache, and replace it."),
    _sending(
        "--max-cost",
        type=Dollars(),
        metavar="USD",
        help="Send nothing that might cost more in all; see the guide.",
    ),
    _sending("--yes", is_flag=True, help="Fetch missing local models without asking."),
    _output(
        "--export",
        type=click.Choice(FORMAT_NAMES),
        help="Write results in this format; to stdout, unless -o names a file.",
    ),
    _output(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write results to FILE as they arrive; its suffix may name the format.",
    ),
    _output(
        "--show",
        type=click.IntRange(min=0),
        default=3,
        metavar="N",
        help="Show the answers to the first N prompts.  [default: 3]",
    ),
    _output(
        "--max-lines",
        type=click.IntRange(min=1),
        metavar="N",
        help="Show at most N lines of an answer.",
    ),
    _output(
        "--confidence",
        type=float,
        default=0.95,
        metavar="P",
        help="How sure intervals and verdicts are to be.  [default: 0.95]",
    ),
    _output(
        "--margin",
        "margins",
        multiple=True,
        metavar="[NAME=]SIZE",
        help="Differences up to this do not matter: 5%, latency=10%, cost=0.001.",
    ),
    _output("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors."),
)


def comparison_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Every option of a comparison."""
    function = configuration_options(function)
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
