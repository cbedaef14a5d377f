"""A cost plan in every format."""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files

import jsonschema
from rich.console import Console

from modelforge.core.model_id import ModelId
from modelforge.core.token_counts import TokenCounts
from modelforge.cost.analyzer import CostAnalyzer
from modelforge.cost.plan import CostPlan, make_plan
from modelforge.cost.scenario import CostScenario
from modelforge.export.cost_chart import cost_chart
from modelforge.export.cost_formats import COST_FORMATS
from modelforge.export.cost_schema import CostPlanDocument, json_schema
from modelforge.export.cost_view import cost_view
from tests.unit.cost.prices import TODAY, book, listed

EVIL = "=cmd|' /C calc'!A0 \x1b[31m | `x`"


def plan() -> CostPlan:
    models = (
        listed("small", input_usd="0.1", output_usd="0.4", context=200_000),
        listed("large", input_usd="2", output_usd="8", above=(2000, "16")),
        listed("evil\x1b[2J", input_usd=None, output_usd=None),
    )
    scenarios = [
        CostScenario(EVIL, 100, 1000, 200, 75, growth_per_month=0.1),
        CostScenario(
            "spread",
            100,
            1,
            1,
            prompt_tokens=TokenCounts.parse("lognormal(1500,1500)"),
            completion_tokens=TokenCounts.parse("normal(200,50)"),
        ),
    ]
    names = [model.id for model in models]
    return make_plan(CostAnalyzer(book(*models), today=TODAY), scenarios, models=names)


def test_the_document_keeps_to_its_schema_which_is_shipped() -> None:
    shipped = json.loads(
        (files("modelforge.export") / "data" / "cost-plan.schema.json").read_text("utf-8")
    )
    assert shipped == json_schema()
    text = COST_FORMATS["json"](plan())
    assert "\x1b" not in text
    CostPlanDocument.model_validate_json(text)
    document = json.loads(text)
    jsonschema.validate(document, shipped)
    bill = document["scenarios"][1]["bills"][1]
    assert 0 < bill["share_above_threshold"] < 1
    assert bill["interval"]["low"] < bill["usd"] < bill["interval"]["high"]
    assert len(document["scenarios"][0]["bills"][0]["by_month"]) == 3
    assert document["scenarios"][0]["bills"][2]["usd"] is None


def test_csv_has_a_row_a_bill_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(COST_FORMATS["csv"](plan()))))
    assert len(rows) == 6
    assert rows[0]["scenario"].startswith("'=cmd")
    parts = [float(rows[0][f"{name}_usd"] or 0) for name in ("input", "output")]
    assert abs(sum(parts) - float(rows[0]["usd"])) < 1e-9
    assert rows[2]["usd"] == ""
    assert rows[2]["status"] == "unpriced"


def test_markdown_and_the_terminal_show_everything_and_obey_nothing() -> None:
    markdown = COST_FORMATS["markdown"](plan())
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    console.print(cost_view(plan()))
    file = console.file
    assert isinstance(file, io.StringIO)
    for text in (markdown, file.getvalue()):
        assert "\x1b" not in text
        for said in ("maker/small", "maker/large", "shorter answers", "requests a day", "unpriced"):
            assert said in text
    assert all(len(line.rstrip()) <= 80 for line in file.getvalue().splitlines())


def test_the_chart_is_a_line_a_model_with_its_band() -> None:
    spec = cost_chart(plan()).to_dict()
    assert len(spec["vconcat"]) == 2
    assert "maker/small" in json.dumps(spec)
    only = make_plan(
        CostAnalyzer(book(listed("one")), today=TODAY),
        [CostScenario("a", 1, 10, 10)],
        models=[ModelId(provider="maker", model="one")],
    )
    assert "layer" in cost_chart(only).to_dict()
