"""The options of a benchmark."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from modelforge.cli.options import configuration_options
from modelforge.cli.sections import SectionedOption

BENCHMARK_FORMATS: Final = ("json", "csv", "markdown")
PRESETS: Final = ("light", "heavy", "latency", "throughput")
ARRIVALS: Final = ("constant", "poisson", "gamma")

_load = partial(click.option, cls=SectionedOption, section="Load")
_end = partial(click.option, cls=SectionedOption, section="Beginning and end")
_ask = partial(click.option, cls=SectionedOption, section="What is asked")
_client = partial(click.option, cls=SectionedOption, section="Client")
_output = partial(click.option, cls=SectionedOption, section="Output")

_OPTIONS = (
    _load("--preset", type=click.Choice(PRESETS), help="A load by name; other options refine it."),
    _load("-c", "--concurrency", type=int, metavar="N", help="N streams, each asking on and on."),
    _load(
        "--think-time", metavar="TIME", help="Of a stream, between an answer and its next request."
    ),
    _load("--rate", type=float, metavar="R", help="R requests a second, whatever the answers do."),
    _load(
        "--arrival",
        type=click.Choice(ARRIVALS),
        help="How the requests of --rate arrive.  [default: poisson]",
    ),
    _load(
        "--burstiness",
        type=float,
        metavar="B",
        help="Of gamma arrivals: 1 is Poisson, less is burstier.",
    ),
    _load("--ramp", metavar="R1:R2:TIME", help="From R1 to R2 requests a second within TIME."),
    _load("--steps", metavar="R:TIME,...", help="Rates one after the other, as 5:30s,10:30s."),
    _load(
        "--trace",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Requests as recorded: Azure's CSV or Mooncake's JSONL.",
    ),
    _load(
        "--speed-up",
        type=float,
        default=1.0,
        metavar="F",
        help="Replay --trace so many times faster.",
    ),
    _end("-d", "--duration", metavar="TIME", help="Send for so long: 30s, 2m."),
    _end("-n", "--requests", type=int, metavar="N", help="Send at most N requests."),
    _end(
        "--warmup", type=int, metavar="N", help="Ask N requests before, unmeasured.  [default: 5]"
    ),
    _end(
        "--cooldown",
        metavar="TIME",
        help="How long answers may still come in at the end.  [default: 30s]",
    ),
    _end("--discard-in-flight", is_flag=True, help="Break off what is in flight at the end."),
    _ask("-p", "--prompt", metavar="TEXT", help="The same prompt every time; @FILE reads it."),
    _ask(
        "--prompts",
        multiple=True,
        metavar="FILE[=W]",
        help="Prompts of a file; several files share by weight.",
    ),
    _ask("--shuffle", is_flag=True, help="Ask the prompts of a file in another order each round."),
    _ask(
        "--synthetic",
        metavar="IN:OUT",
        help="Made-up prompts and answers of so many tokens.  [default: 256:128]",
    ),
    _ask(
        "--shared-prefix",
        type=float,
        default=0.0,
        metavar="F",
        help="Of made-up prompts, the part that all share, 0 to 1.",
    ),
    _ask(
        "--conversations",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Several turns; each waits for the answer before it.",
    ),
    _ask("--max-tokens", type=int, metavar="N", help="The most tokens of an answer."),
    _ask("--temperature", type=float, metavar="T", help="0 for the likeliest answer."),
    _ask(
        "--ignore-eos",
        is_flag=True,
        help="Ask for exactly --max-tokens tokens, of servers that know how.",
    ),
    _ask("--no-stream", is_flag=True, help="Take each answer whole; there is no first token then."),
    _ask(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="The same seed, the same requests at the same times.",
    ),
    _client("--slo", metavar="LIMITS", help="What a good request keeps to: ttft=500ms,itl=50ms."),
    _client(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="Processes; one fills a core.  [default: 1]",
    ),
    _client(
        "--timeout", metavar="TIME", help="The longest that an answer may take.  [default: 120s]"
    ),
    _client(
        "--max-connections",
        type=int,
        default=10_000,
        metavar="N",
        help="At once, over all workers.",
    ),
    _client(
        "--count",
        type=click.Choice(("events", "usage")),
        default="events",
        help="Count tokens in every event, or take the server's count alone.  [default: events]",
    ),
    _client("--allow-invalid", is_flag=True, help="Exit 0 although the client was the limit."),
    _output(
        "--export", type=click.Choice(BENCHMARK_FORMATS), help="Print this instead of the view."
    ),
    _output(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the export to a file.",
    ),
    _output(
        "--records",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Keep the records of all requests there.",
    ),
    _output(
        "--from-records",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Report what FILE holds instead of sending anything.",
    ),
    _output("-q", "--quiet", is_flag=True, help="No progress on stderr."),
)


def benchmark_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Every option of a benchmark, as keywords."""
    function = configuration_options(function)
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
