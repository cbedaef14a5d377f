"""``modelforge sim``."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from modelforge.cli.sections import SectionedCommand, SectionedOption
from modelforge.cli.signals import StopOnSignal
from modelforge.core.event_loop import new_event_loop

if TYPE_CHECKING:
    from modelforge.simulator.profile import Profile
    from modelforge.simulator.server import Simulator

F = TypeVar("F", bound=Callable[..., Any])
_DEFAULT_PORT: Final = 9100
_SPIN_S: Final = 0.001
_MODEL: Final = "The model"
_QUEUE: Final = "Its queue (continuous batching)"
_SERVER: Final = "The server"


@click.group("sim", short_help="Serve simulated models whose truth is known.")
def command() -> None:
    """Serve simulated models: what they send, and when, is decided beforehand."""


def _option(*names: str, section: str, **attributes: Any) -> Callable[[F], F]:
    return click.option(*names, cls=SectionedOption, section=section, **attributes)


@command.command("serve", cls=SectionedCommand, short_help="Serve until stopped.")
@_option(
    "--profile",
    section=_MODEL,
    default="fast",
    show_default=True,
    metavar="NAME",
    help="Begin with this model: fast, steady, flaky, batch, stall or slow.",
)
@_option(
    "--ttft",
    section=_MODEL,
    metavar="TIME",
    help="Time to first token: 100ms, or SHAPE:MEAN:SPREAD (gamma:100ms:0.3).",
)
@_option("--itl", section=_MODEL, metavar="TIME", help="Time between tokens, written alike.")
@_option(
    "--jitter",
    section=_MODEL,
    metavar="SPREAD",
    help="Relative spread of both times: 0.3, or SHAPE:SPREAD (lognormal:0.3).",
)
@_option(
    "--tokens",
    section=_MODEL,
    metavar="N",
    help="Tokens of an answer without max_tokens: 128, or SHAPE:MEAN:SPREAD.",
)
@_option(
    "--fault",
    "faults",
    section=_MODEL,
    multiple=True,
    metavar="FAULT",
    help="429=0.1, stall:5s@every=50, cut@between=10s..20s; may be given again.",
)
@_option(
    "--prefix-cache",
    section=_MODEL,
    is_flag=True,
    help="Remember prompts and report cached_tokens.",
)
@_option(
    "--slots",
    section=_QUEUE,
    type=click.IntRange(min=1),
    metavar="N",
    help="Sequences that run at once; any of these four makes a queue.",
)
@_option(
    "--prefill", section=_QUEUE, type=float, metavar="RATE", help="Prompt tokens read a second."
)
@_option(
    "--step-base", section=_QUEUE, metavar="TIME", help="What a step of decoding takes at least."
)
@_option(
    "--step-per-sequence",
    section=_QUEUE,
    metavar="TIME",
    help="What each running sequence adds to a step.",
)
@_option("--host", section=_SERVER, default="127.0.0.1", show_default=True, help="Where to listen.")
@_option(
    "--port",
    section=_SERVER,
    type=click.IntRange(0, 65_535),
    default=_DEFAULT_PORT,
    show_default=True,
    help="0 takes a free one.",
)
@_option(
    "--seed",
    section=_SERVER,
    type=int,
    default=0,
    show_default=True,
    help="The same seed and requests give the same answers.",
)
@_option("-q", "--quiet", section=_SERVER, is_flag=True, help="Nothing on stderr but errors.")
def serve(*, host: str, port: int, seed: int, quiet: bool, **model: Any) -> int:
    """Serve simulated models over OpenAI's and Anthropic's APIs until Ctrl-C or SIGTERM.

    Prints the base URL on stdout when ready. Every built-in profile is a model by its name; the
    options change the one that --profile names. GET /truth under the server's root says what was
    really sent.

    \b
    modelforge sim serve --profile steady --ttft 100ms --itl 20ms --jitter 0.3
    modelforge sim serve --profile batch --slots 16
    modelforge sim serve --fault 429=0.1 --fault stall@every=50
    """  # fmt: skip
    from modelforge.simulator.server import Simulator  # noqa: PLC0415 (--help does not pay for it)

    simulator = Simulator(_profile(model), host=host, port=port, seed=seed, spin_s=_SPIN_S)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve(simulator, quiet=quiet))
    return 0


async def _serve(simulator: Simulator, *, quiet: bool) -> None:
    gc.collect()
    gc.freeze()  # what is alive now stays: a collection in the middle of a stream need not see it
    with StopOnSignal() as stop:
        async with simulator:
            click.echo(simulator.base_url)
            if not quiet:
                click.echo(f"serving {simulator.profile.name}; Ctrl-C stops", err=True)
            await stop.event.wait()
            truth = simulator.truth["all"]
    if not quiet:
        outcomes = [f"{count} {name}" for name, count in truth["outcomes"].items()]
        told = f" ({', '.join(outcomes)})" if outcomes else ""
        tokens = truth["completion_tokens"]
        click.echo(f"served {truth['requests']} requests{told}, {tokens} tokens", err=True)


def _profile(model: dict[str, Any]) -> Profile:
    """The profile that the options describe."""
    from modelforge.simulator.batch_queue import BatchQueue  # noqa: PLC0415 (as in `serve`)
    from modelforge.simulator.distribution import Distribution, parse_jitter  # noqa: PLC0415 (as above)
    from modelforge.simulator.duration import parse_duration_s  # noqa: PLC0415 (as above)
    from modelforge.simulator.fault import Fault  # noqa: PLC0415 (as above)
    from modelforge.simulator.profile import profile_named  # noqa: PLC0415 (as above)

    profile = profile_named(model["profile"])
    changes: dict[str, Any] = {}
    for option, field in (("ttft", "ttft_s"), ("itl", "itl_s")):
        if model[option] is not None:
            changes[field] = Distribution.parse(model[option], amount=parse_duration_s)
        if model["jitter"] is not None:
            shape, spread = parse_jitter(model["jitter"])
            mean = changes.get(field, getattr(profile, field)).mean
            changes[field] = Distribution(mean=mean, spread=spread, shape=shape)
    if model["tokens"] is not None:
        changes["tokens"] = Distribution.parse(model["tokens"])
    if model["faults"]:
        changes["faults"] = tuple(Fault.parse(text) for text in model["faults"])
    if model["prefix_cache"]:
        changes["prefix_cache"] = True
    queue = {
        "slots": model["slots"],
        "prefill_tokens_per_s": model["prefill"],
        "decode_base_s": _optional_s(model["step_base"], parse_duration_s),
        "decode_per_sequence_s": _optional_s(model["step_per_sequence"], parse_duration_s),
    }
    given = {name: value for name, value in queue.items() if value is not None}
    if given:
        changes["queue"] = replace(profile.queue or BatchQueue(), **given)
    return replace(profile, **changes)


def _optional_s(text: str | None, read: Callable[[str], float]) -> float | None:
    return None if text is None else read(text)
