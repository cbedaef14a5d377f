"""``modelforge benchmark``: which of its ways the options take. Nothing heavy is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelforge.cli.open_files import allow_many_connections
from modelforge.core.errors import UsageError
from modelforge.wire.process import worker_processes


def run(model: str | None, options: Mapping[str, Any]) -> int:
    """Run, search or report a benchmark as ``options`` say; returns the exit code."""
    if options["tolerance"] is not None and not options["find_max"]:
        raise UsageError("--tolerance says when --find-max is done: give both, or leave it out")
    if options["margin"] is not None:
        raise UsageError("--margin is of several models: name two, or compare two reports")
    if options["from_records"]:
        from modelforge.cli.benchmark_from_records import report_again  # noqa: PLC0415 (Arrow)

        return report_again(model, options)
    if options["sweep"] or options["find_max"]:
        from modelforge.cli.benchmark_search import search  # noqa: PLC0415 (for these only)

        return search(model, options)
    if model is None:
        raise UsageError("no model: name one as provider/model, for example sim/fast")
    allow_many_connections()
    # Workers load what they need while this process does the same: one is begun before anything.
    with worker_processes(1) as first:
        from modelforge.cli.benchmark_config import config_of  # noqa: PLC0415 (after the worker)

        config = config_of(model, options)
        with worker_processes(config.workers - 1) as others:
            from modelforge.cli.benchmark_run import run_one  # noqa: PLC0415 (after all workers)

            return run_one(config, options, [*first, *others])
