"""``modelforge calibrate``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from modelforge.core.errors import ModelForgeError

if TYPE_CHECKING:
    from modelforge.benchmark.calibration import Calibration

_LEAST_S = 0.5


@click.command("calibrate", short_help="Measure what this machine's load generator reaches.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=_LEAST_S),
    default=10.0,
    show_default=True,
    metavar="S",
    help="How long to measure, start-up not included.",
)
@click.option("--export", "export_format", type=click.Choice(["json"]), help="Print a document.")
def command(*, seconds: float, export_format: str | None) -> int:
    """Measure the load generator of this machine against the simulator, and remember it.

    Later benchmarks on this machine are INVALID when they come near what was found here. Let
    nothing else run meanwhile: what others take is missing from the ceiling.
    """
    from modelforge.app.calibration import calibrate  # noqa: PLC0415 (--help does not pay)
    from modelforge.app.kept_calibration import store  # noqa: PLC0415 (as above)

    if export_format is None:
        click.echo(f"measuring for {seconds:g} s; let nothing else run", err=True)
    calibration = calibrate(seconds=seconds)
    path, trouble = None, ""
    try:
        path = store(calibration)
    except OSError as error:
        trouble = f"{error.filename}: {error.strerror or error}"
    if export_format == "json":
        click.echo(json.dumps(calibration.to_document(), indent=2))
    else:
        for label, value in _rows(calibration):
            click.echo(f"{label:<14}{value}")
        if path is not None:
            click.echo(f"kept in {path}", err=True)
    if calibration.disturbed is not None:
        click.echo(
            f"warning: {calibration.disturbed}; measure again when nothing else runs", err=True
        )
    if path is None:
        raise ModelForgeError(
            f"the calibration cannot be kept in {trouble}; no later run is judged by it: name"
            " another state directory with XDG_STATE_HOME"
        )
    return 0


def _rows(found: Calibration) -> list[tuple[str, str]]:
    machine = found.machine
    reached = (
        f"{found.requests_per_s:,.0f} requests/s of one token, {found.events_per_s:,.0f} events/s"
        f" in streams of {found.tokens} at once, with one worker"
    )
    ceiling = (
        f"{found.most_requests_per_s:,.0f} requests/s, {found.most_events_per_s:,.0f} events/s,"
        " by the CPU that took"
    )
    late = (
        f"TTFT {found.stamp_error_p50_ms:.3f} ms (p50), {found.stamp_error_p99_ms:.3f} ms (p99);"
        f" ITL {found.itl_error_mean_ms:.3f} ms (mean)"
    )
    return [
        ("machine", f"{machine.cpu}, {machine.cores} cores, Python {machine.python}"),
        ("reached", reached),
        ("ceiling", ceiling),
        ("client CPU", f"{found.cpu_us_per_request:,.1f} us a stream"),
        ("stamps late", late),
        ("schedule lag", f"{found.schedule_lag_p99_ms:.3f} ms (p99)"),
    ]
