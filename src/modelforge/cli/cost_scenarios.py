"""From files and options to scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from modelforge.core.errors import ScenarioError, UsageError
from modelforge.cost.scenario import CostScenario
from modelforge.scenarios.file import read_scenarios, scenario_of

_FIELDS: Final = ("requests_per_day", "prompt_tokens", "completion_tokens")


def scenarios_of(files: Sequence[Path], options: Mapping[str, Any]) -> list[CostScenario]:
    """The scenarios of ``files``, or the one that options describe.

    Raises:
        UsageError: there is neither, or both, or one of them cannot be used.
    """
    given = {name: options[name] for name in _FIELDS if options[name] is not None}
    if files and given:
        raise UsageError(
            f"a file has its own traffic: leave --{next(iter(given)).replace('_', '-')} out"
        )
    if files:
        scenarios = [scenario for path in files for scenario in read_scenarios(path)]
        _require_different(scenarios)
    elif given:
        for name in _FIELDS:
            if name not in given:
                raise UsageError(f"without a scenario file, --{name.replace('_', '-')} is missing")
        scenarios = [scenario_of({"name": "traffic", **given}, "the options")]
    else:
        raise UsageError(
            "no traffic: name a scenario file, or give --requests-per-day, --prompt-tokens and"
            " --completion-tokens"
        )
    days = options.get("days")
    return scenarios if days is None else [replace(one, days=days) for one in scenarios]


def _require_different(scenarios: Sequence[CostScenario]) -> None:
    names = [scenario.name for scenario in scenarios]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ScenarioError(f"two scenarios are named {name!r}: give each a name of its own")
