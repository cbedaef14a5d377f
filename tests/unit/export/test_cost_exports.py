"""A cost plan in every format."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from importlib.resources import files

import jsonschema
from rich.console import Console

from modelforge.core.model_id import ModelId
from modelforge.core.token_counts import TokenCounts
from modelforge.core.token_percentiles import TokenPercentiles
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


def test_what_is_said_of_several_models_is_said_once_under_the_table() -> None:
    names = [f"a-model-of-a-long-name-{n}" for n in range(6)]
    models = [listed(name, input_usd="0.1", output_usd="0.4") for name in names]
    scenario = CostScenario("nightly", 100, 1000, 200, batch_share=1)
    made = make_plan(
        CostAnalyzer(book(*models), today=TODAY), [scenario], models=[one.id for one in models]
    )
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(cost_view(made))
    text = console.export_text()
    assert text.count("no batch price is known") == 1
    assert "[1] no batch price is known: billed as any other request" in text
    assert all(f"maker/{name} [1]" in text for name in names)


def test_what_moves_a_bill_is_a_line_an_input() -> None:
    model = listed("small", input_usd="0.1", output_usd="0.4")
    scenario = CostScenario("chat", 2000, 1200, 300)
    made = make_plan(CostAnalyzer(book(model), today=TODAY), [scenario], models=[model.id])
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(cost_view(made))
    text = console.export_text()
    assert "1,080 to 1,320 a request" in text
    assert "1,800 to 2,200" in text


def test_percentiles_say_what_they_leave_out() -> None:
    points = {"p50": 60_000, "p95": 250_000}
    model = listed("small", input_usd="0.1", output_usd="0.4", context=400_000)

    def told(points: dict[str, int]) -> str:
        law = TokenPercentiles.named(points)
        scenario = CostScenario("reports", 10, 90_000, 200, prompt_tokens=law)
        made = make_plan(CostAnalyzer(book(model), today=TODAY), [scenario], models=[model.id])
        return COST_FORMATS["markdown"](made)

    said = "prompt tokens by percentiles: all below p50 as 60,000 and above p95 as 250,000;"
    assert said in told(points)
    assert "all above p95 as 250,000; a p0" in told({"p0": 500, **points})
    assert "by percentiles" not in told({"p0": 500, **points, "p100": 300_000})


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


def test_a_band_stays_within_the_chart_and_the_chart_says_what_it_shows() -> None:
    names = [f"m{n}" for n in range(8)]
    models = [listed(name, input_usd="2", output_usd="8", context=10**7) for name in names]
    law = TokenCounts.parse("lognormal(150000,150000)")
    scenario = CostScenario("few", 3, 150_000, 200, prompt_tokens=law)
    made = make_plan(
        CostAnalyzer(book(*models), today=TODAY), [scenario], models=[one.id for one in models]
    )
    spec = cost_chart(made).to_dict()
    assert "The 6 cheapest of 8 models." in spec["title"]["subtitle"]
    band = spec["layer"][0]
    assert band["mark"]["clip"] is True
    low, high = band["encoding"]["y"]["scale"]["domain"]
    rows = spec["datasets"][band["data"]["name"]]
    assert high > max(row["high"] for row in rows)
    assert low <= min(row["usd"] for row in rows)


def test_a_plan_says_how_old_its_prices_are() -> None:
    made = replace(plan(), dated=date(2026, 8, 18), origin="embedded", age_days=100)
    stale = "Prices of 2026-08-18 (embedded, 100 days old): modelforge models refresh\n"
    assert stale in COST_FORMATS["markdown"](made)
    assert "Prices of 2026-08-18 (embedded catalogue)\n" in (
        COST_FORMATS["markdown"](replace(made, age_days=1))
    )
