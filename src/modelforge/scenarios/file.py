"""Scenario files: YAML, JSON, JSON Lines or CSV, a scenario a row."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from pydantic import ValidationError

from modelforge.core.errors import PromptError, ScenarioError, UsageError
from modelforge.core.token_counts import TokenCounts
from modelforge.core.token_percentiles import TokenPercentiles
from modelforge.cost.request_sample import RequestSample
from modelforge.cost.scenario import CostScenario, TokenLaw
from modelforge.prompts.rows.row import Row
from modelforge.prompts.wording import kind_of, listed, place, plain, quoted
from modelforge.scenarios.rows import read_rows
from modelforge.scenarios.schema import MeasuredEntry, ScenarioEntry

LARGEST_BYTES: Final = 2**20
"""Of a scenario file; measured requests are in files of their own."""

_MOST: Final = 1000
_PARTS: Final = 100
_SEED_NAMES: Final = {
    "prompts_per_day": "requests_per_day",
    "avg_prompt_tokens": "prompt_tokens",
    "avg_completion_tokens": "completion_tokens",
}
_FIELDS: Final = (*ScenarioEntry.model_fields, *_SEED_NAMES)


def read_scenarios(path: Path) -> list[CostScenario]:
    """The scenarios of a file, in order.

    Raises:
        ScenarioError: the file cannot be used, or one of its scenarios; one line, with its place.
    """
    rows = read_rows(path, largest=LARGEST_BYTES, what="a scenario file")
    if not rows:
        raise ScenarioError(f"{plain(str(path))}: no scenario in it: write a list, '- name: …'")
    if len(rows) > _MOST:
        raise ScenarioError(f"{plain(str(path))}: {len(rows):,} scenarios, more than {_MOST:,}")
    scenarios: dict[str, CostScenario] = {}
    for row in rows:
        where = plain(str(path)) if row.line is None else place(plain(str(path)), row.line)
        scenario = _scenario(row, where, path.parent)
        if scenario.name in scenarios:
            raise ScenarioError(f"{where}: a second scenario named {quoted(scenario.name)}")
        scenarios[scenario.name] = scenario
    return list(scenarios.values())


def scenario_of(fields: Mapping[str, Any], where: str) -> CostScenario:
    """The scenario of fields with the names that files use; ``where`` they stand, for messages.

    Raises:
        ScenarioError: they are none.
    """
    return _scenario(Row(value=fields), where, Path())


def _scenario(row: Row, where: str, folder: Path) -> CostScenario:
    entry = _entry(row.value, where)
    try:
        return _built(entry, folder)
    except (PromptError, ScenarioError) as error:
        raise ScenarioError(f"{where}: {error}") from None
    except UsageError as error:
        raise ScenarioError(f"{where}: scenario {quoted(entry.name)}: {error}") from None


def _entry(value: Any, where: str) -> ScenarioEntry:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: a scenario is an object, not {kind_of(value)}")
    fields = {
        _SEED_NAMES.get(str(name), str(name)): given
        for name, given in value.items()
        if given != ""  # an empty cell of a table
    }
    unknown = [name for name in fields if name not in ScenarioEntry.model_fields]
    if unknown:
        raise ScenarioError(f"{where}: {_unknown(str(unknown[0]))}")
    if len(fields) < sum(1 for given in value.values() if given != ""):
        raise ScenarioError(f"{where}: a field is there twice under two of its names")
    try:
        return ScenarioEntry.model_validate(fields)
    except ValidationError as error:
        raise ScenarioError(f"{where}: {_refusal(error, fields)}") from None


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, _FIELDS, n=1)
    hint = (
        f"did you mean {close[0]}?" if close else f"there are {listed(ScenarioEntry.model_fields)}"
    )
    return f"no field of a scenario is named {quoted(name)}; {hint}"


def _refusal(error: ValidationError, fields: Mapping[str, Any]) -> str:
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    if first["type"] == "missing":
        return f"the field {quoted(path[-1])} is missing; there are {listed(fields)}"
    given = fields.get(path[0]) if path else None
    named = ".".join(part for part in path if part in fields or part.isdigit()) or path[0]
    if path[0] == "currency":
        return f"unknown currency {quoted(str(given))}: prices, and so bills, are in USD"
    said = first["msg"].removeprefix("Value error, ")
    return f"{named}: {plain(said[:1].lower() + said[1:])}, not {quoted(str(given))}"


def _built(entry: ScenarioEntry, folder: Path) -> CostScenario:
    sample = _sample(entry, folder)
    per_day = entry.requests_per_day
    if per_day is None:
        per_day = None if sample is None else sample.per_day
    if per_day is None:
        raise ScenarioError(
            f"scenario {quoted(entry.name)}: requests_per_day is missing"
            + (": the measured file has no times to count by" if sample is not None else "")
        )
    prompt, prompt_law = _tokens(entry.prompt_tokens)
    completion, completion_law = _tokens(entry.completion_tokens)
    if sample is not None:
        prompt, completion = sample.mean(sample.prompt), sample.mean(sample.completion)
    return CostScenario(
        entry.name,
        per_day,
        prompt,
        completion,
        entry.days,
        prompt_tokens=prompt_law,
        completion_tokens=completion_law,
        requests=sample,
        cache_hit_rate=entry.cache_hit_rate,
        cache_write_rate=entry.cache_write_rate,
        batch_share=entry.batch_share,
        growth_per_month=entry.growth_per_month,
        retries=entry.retries,
        hours=tuple(entry.hours) or (() if sample is None else sample.hours),
        start=entry.start,
    )


def _sample(entry: ScenarioEntry, folder: Path) -> RequestSample | None:
    tokens = [
        name for name in ("prompt_tokens", "completion_tokens") if getattr(entry, name) is None
    ]
    if entry.measured is None:
        if tokens:
            raise ScenarioError(
                f"scenario {quoted(entry.name)}: {tokens[0]} is missing; give tokens, or a file of"
                " measured requests with measured: FILE"
            )
        return None
    if len(tokens) < 2:  # noqa: PLR2004 (both)
        raise ScenarioError(
            f"scenario {quoted(entry.name)}: measured has the tokens: leave prompt_tokens and"
            " completion_tokens out"
        )
    named = entry.measured
    if isinstance(named, str):
        named = MeasuredEntry(file=named)
    from modelforge.scenarios.measured import read_measured  # noqa: PLC0415 (readers of all logs)

    return read_measured(folder / named.file, model=named.model)


def _tokens(given: int | str | Mapping[str, int] | None) -> tuple[float, TokenLaw | None]:
    """The fixed number, or the law and about its mean."""
    if given is None:
        return 0, None
    if isinstance(given, int):
        return given, None
    law: TokenLaw
    if isinstance(given, str):
        law = TokenCounts.parse(given)
        if law.law == "fixed":
            return law.first, None
    else:
        law = TokenPercentiles.named(given)
    return fmean(law.quantile((part + 0.5) / _PARTS) for part in range(_PARTS)), law
