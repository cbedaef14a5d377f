"""The options of a benchmark."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from modelforge.benchmark.gaps import GAP_KINDS
from modelforge.cli.dollars import Dollars
from modelforge.cli.durations import Duration
from modelforge.cli.options import configuration_options
from modelforge.cli.search_options import search_options
from modelforge.cli.sections import SectionedOption

BENCHMARK_FORMATS: Final = ("json", "csv", "markdown")
"""The formats of --export; those of `modelforge.export.benchmark_formats`."""

_load = partial(click.option, cls=SectionedOption, section="Load (one of the first five)")
_end = partial(click.option, cls=SectionedOption, section="Begin and end (the first end counts)")
_ask = partial(click.option, cls=SectionedOption, section="What is asked")
_send = partial(click.option, cls=SectionedOption, section="Sending")
_output = partial(click.option, cls=SectionedOption, section="Output")
_seconds = Duration()
_file = click.Path(path_type=Path)

_OPTIONS = (
    _load(
        "-c", "--concurrency", type=int, metavar="N", help="N clients; each waits for its answer."
    ),
    _load("--rate", type=float, metavar="R", help="R requests a second, whatever is unanswered."),
    _load("--ramp", metavar="FROM:TO:TIME", help="A rate that changes evenly, as in 1:50:60s."),
    _load("--steps", metavar="RATE:TIME,...", help="Rates in turn, as in 10:30s,50:30s."),
    _load(
        "--trace",
        type=_file,
        metavar="FILE",
        help="Recorded times and lengths (Azure, Mooncake).",
    ),
    _load("--speed-up", type=float, metavar="F", help="The trace F times as fast."),
    _load(
        "--arrival",
        type=click.Choice(GAP_KINDS),
        help="How --rate, --ramp and --steps space requests.  [default: poisson]",
    ),
    _load("--burstiness", type=float, metavar="B", help="Of gamma: below 1 comes in bursts."),
    _load(
        "--think-time",
        type=_seconds,
        metavar="TIME",
        help="Between an answer and the next request.",
    ),
    _load(
        "--preset",
        metavar="NAME",
        help="light, heavy, latency or throughput; other options change it.",
    ),
    _end("--duration", type=_seconds, metavar="TIME", help="Begin requests for so long: 30s, 2m."),
    _end(
        "-n", "--requests", type=int, metavar="N", help="Measure N requests (or N --conversations)."
    ),
    _end("--warmup", type=int, metavar="N", help="Ask N before, unmeasured.  [default: 5]"),
    _end(
        "--cooldown",
        type=_seconds,
        metavar="TIME",
        help="Wait so long for what is unanswered at the end.  [default: 30s]",
    ),
    _end("--discard-in-flight", is_flag=True, help="Break it off instead."),
    _end("--runs", type=int, default=1, metavar="K", help="Repeat it K times.  [default: 1]"),
    _ask("-p", "--prompt", help="The prompt; @FILE reads it from a file, - from stdin."),
    _ask(
        "--prompts",
        multiple=True,
        metavar="FILE[=W]",
        help="Prompts: text, JSONL, JSON, CSV, YAML. Several files by their weights W.",
    ),
    _ask(
        "--prompt-field",
        metavar="NAME",
        help="The field of a row of --prompts that holds the prompt.  [default: prompt]",
    ),
    _ask("--template", help="A Jinja template filled from each row of --prompts; @FILE reads it."),
    _ask(
        "--synthetic",
        metavar="IN:OUT",
        help="Made-up prompts of IN tokens, answers of OUT: 512:128, uniform(64,512):64.",
    ),
    _ask(
        "--shared-prefix",
        type=float,
        metavar="F",
        help="The part of a synthetic prompt that all share, 0 to 1.",
    ),
    _ask(
        "--conversations",
        type=_file,
        metavar="FILE",
        help="Turns that wait for the answer before them (MT-Bench, ShareGPT, messages).",
    ),
    _ask("--max-tokens", type=int, metavar="N", help="The most tokens of an answer."),
    _ask("--ignore-eos", is_flag=True, help="Ask for exactly --max-tokens tokens."),
    _ask("--seed", type=int, default=0, metavar="S", help="Of all that is drawn.  [default: 0]"),
    _send("--workers", type=int, default=1, metavar="N", help="Processes that send.  [default: 1]"),
    _send(
        "--timeout",
        type=_seconds,
        default=120.0,
        metavar="TIME",
        help="The longest an answer may take.  [default: 120s]",
    ),
    _send(
        "--count",
        type=click.Choice(("events", "usage")),
        default="events",
        help="Tokens: every event is read, or the server's count taken.  [default: events]",
    ),
    _send("--max-connections", type=int, metavar="N", help="At once, over all workers."),
    _send(
        "--server-metrics/--no-server-metrics",
        default=None,
        help="Read the server's own /metrics beside.  [default: in runs of 5 s and more]",
    ),
    _send(
        "--max-cost",
        type=Dollars(),
        metavar="USD",
        help="Send nothing that might cost more in all; see the guide.",
    ),
    _send("--yes", is_flag=True, help="Fetch a missing local model without asking."),
    _output("--slo", metavar="LIMITS", help="What goodput counts: ttft=500ms,itl=50ms."),
    _output(
        "--export",
        type=click.Choice(BENCHMARK_FORMATS),
        help="Write the report in this format; to stdout, unless -o names a file.",
    ),
    _output("-o", "--output", type=_file, metavar="FILE", help="Write the report to FILE."),
    _output("--records", type=_file, metavar="FILE", help="Keep each request's record in FILE."),
    _output(
        "--from-records",
        type=_file,
        multiple=True,
        metavar="FILE",
        help="Send nothing: report what a run recorded, even one that was killed.",
    ),
    _output(
        "--confidence",
        type=float,
        default=0.95,
        metavar="P",
        help="How sure intervals are to be.  [default: 0.95]",
    ),
    _output(
        "--exclude-warm-up",
        is_flag=True,
        help="Leave out a beginning that is found to be unlike the rest.",
    ),
    _output(
        "--margin",
        metavar="P",
        help="Of several models: changes up to this do not matter, such as 5%.",
    ),
    _output("--allow-invalid", is_flag=True, help="Exit with 0 although the run is INVALID."),
    _output("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors."),
)


def benchmark_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Every option of a benchmark."""
    function = search_options(configuration_options(function))
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
