"""The shape of a cost plan's JSON export: what its JSON Schema is made from, and a reader of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_Usd = float | None
_Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IntervalPart(_Part):
    """Where the bill lies, as far as the tokens of its requests decide."""

    low: float
    high: float
    level: float


class BillPart(_Part):
    """What a scenario costs with one model, US dollars; null where it is not known."""

    model: str
    status: Literal["priced", "partial", "unpriced"]
    kind: Literal["metered", "free", "subscription", "unknown"]
    usd: _Usd
    interval: IntervalPart | None
    usd_per_request: _Usd
    by_component: dict[str, float]
    by_month: list[float]
    share_above_threshold: float
    reasons: list[str]
    notes: list[str]


class SavingPart(_Part):
    """What could be saved, and what must be true for it."""

    name: str
    usd: _Usd
    assumption: str
    note: str | None


class SwingPart(_Part):
    """The bill with one input 10 % lower and higher."""

    input: str
    low_usd: float
    high_usd: float
    below: str
    above: str


class DetailPart(_Part):
    """More about one bill."""

    model: str
    savings: list[SavingPart]
    sensitivity: list[SwingPart]


class MeasuredPart(_Part):
    """Where the tokens were counted."""

    source: str
    requests: _Count
    notes: list[str]


class CatalogueSource(_Part):
    """Whose prices."""

    dated: str
    origin: str


class ScenarioPart(_Part):
    """One scenario."""

    name: str
    requests_per_day: float
    days: Annotated[int, Field(ge=1)]
    requests: float
    mean_tokens: dict[str, float]
    prompt_tokens: str
    completion_tokens: str
    measured: MeasuredPart | None
    cached: bool
    reused: _Count
    models: _Count
    others: dict[str, _Count]
    unpriced: dict[str, _Count]
    bills: list[BillPart]
    details: list[DetailPart]


class CostPlanDocument(_Part):
    """A cost plan, version 1."""

    schema_: Annotated[Literal["modelforge.cost.plan/1"], Field(alias="schema")]
    currency: Literal["USD"]
    catalogue: CatalogueSource
    level: float
    seed: int
    scenarios: list[ScenarioPart]
    totals: dict[str, float]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the export (2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ModelForge cost plan, version 1",
        **CostPlanDocument.model_json_schema(by_alias=True),
    }
