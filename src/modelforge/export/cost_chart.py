"""The bill against the traffic, drawn: how each model's cost grows, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from modelforge.cost.plan import CostPlan, ScenarioPlan
from modelforge.cost.projection import ModelBill
from modelforge.cost.scenario import CostScenario

_SERIES: Final = 6
_POINTS: Final = 25
_SPAN: Final = (0.1, 10.0)
_COLOURS: Final = ("#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a", "#787774")
_FONT: Final = "Inter, Helvetica, Arial, sans-serif"
_FEW: Final = 10
_DEEPEST: Final = 0.2  # of the lowest line: of few requests a band may reach nearly to nothing
_LEAST_GAP: Final = 0.075  # of the height, between two labels


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    name: str
    colour: str
    bill: ModelBill


def cost_chart(plan: CostPlan) -> Any:
    """A panel a scenario; the models that it shows, six at most, from a tenth of its traffic to
    ten times as much, both axes logarithmic.

    A band is a model's interval, for that traffic: it narrows as requests become many, as far as
    the requests that were measured allow.
    """
    panels = [_panel(one, plan.level) for one in plan.scenarios if _lines(one)]
    chart: Any = panels[0] if len(panels) == 1 else alt.vconcat(*panels, spacing=36)
    return (
        chart.configure(font=_FONT, background="white", padding=20)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            titleColor="#444",
            labelColor="#444",
            gridColor="#eaeaea",
            domainColor="#999",
            tickColor="#999",
        )
        .configure_title(anchor="start", fontSize=16, subtitleFontSize=12, subtitleColor="#555")
    )


def _lines(plan: ScenarioPlan) -> list[_Line]:
    priced = [bill for bill in plan.bills if bill.usd]
    cheapest = sorted(priced, key=lambda bill: bill.usd or 0.0)[:_SERIES]
    return [
        _Line(name=str(bill.model), colour=colour, bill=bill)
        for bill, colour in zip(reversed(cheapest), _COLOURS, strict=False)
    ]


def _data(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def _panel(plan: ScenarioPlan, level: float) -> Any:
    lines = _lines(plan)
    per_day = plan.scenario.prompts_per_day
    low, high = (per_day * factor for factor in _SPAN)
    x = alt.X(
        "requests:Q",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        title="requests a day",
        axis=alt.Axis(format="~s", tickCount=4, grid=False),
    )
    amounts = [(line.bill.usd or 0) * factor for line in lines for factor in _SPAN]
    rows = [row for line in lines for row in _points(line, plan.scenario)]
    ends = _height(amounts, rows)
    y_scale = alt.Scale(type="log", domain=list(ends), nice=False)
    axis = alt.Axis(
        values=_powers(*ends),
        labelExpr="datum.value < 1 ? '$' + datum.value : format(datum.value, '$,~s')",
        title=f"US dollars in {plan.scenario.days} days",
        titlePadding=12,
    )
    y = alt.Y("usd:Q", scale=y_scale, axis=axis)
    colour = alt.Color(
        "model:N",
        scale=alt.Scale(
            domain=[line.name for line in lines], range=[line.colour for line in lines]
        ),
        legend=None,
    )
    base = alt.Chart(_data(rows)).encode(x=x, color=colour)
    band = base.mark_area(opacity=0.18, clip=True).encode(
        y=alt.Y("low:Q", scale=y_scale, axis=axis), y2="high:Q"
    )
    curve = base.mark_line(strokeWidth=2.5).encode(y=y)
    here = (
        alt.Chart(_data([{"requests": per_day}]))
        .mark_rule(strokeDash=[4, 4], color="#888")
        .encode(x="requests:Q")
    )
    marks = (
        alt.Chart(
            _data(
                [{"requests": per_day, "usd": line.bill.usd, "model": line.name} for line in lines]
            )
        )
        .mark_point(filled=True, size=70, opacity=1)
        .encode(x="requests:Q", y=y, color=colour)
    )
    labels = _labels(lines, high, ends, y, colour)
    interval = f"Bands: {level:.0%} interval of the tokens. " if any(map(_uncertain, lines)) else ""
    return alt.layer(band, curve, here, marks, labels).properties(
        width=560,
        height=300,
        title=alt.TitleParams(
            text=plan.scenario.name,
            subtitle=f"{_shown(plan)}{interval}Dots and labels: the planned {_daily(per_day)}.",
        ),
    )


def _height(amounts: Sequence[float], rows: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """From where to where dollars are drawn: all lines, and their bands down to a fifth below."""
    lowest = min(min(amounts) * 0.8, *(row["low"] for row in rows))
    highest = max(*amounts, *(row["high"] for row in rows)) * 1.25
    return max(lowest, min(amounts) * _DEEPEST), highest


def _daily(requests: float) -> str:
    return f"{requests:,.0f} requests a day" if requests >= _FEW else f"{requests:.3g} a day"


def _shown(plan: ScenarioPlan) -> str:
    """Which of the models are drawn, where not all are."""
    priced = sum(bool(bill.usd) for bill in plan.bills)
    return f"The {_SERIES} cheapest of {priced} models. " if priced > _SERIES else ""


def _points(line: _Line, scenario: CostScenario) -> Sequence[dict[str, Any]]:
    bill, per_day = line.bill, scenario.prompts_per_day
    usd = bill.usd or 0.0
    rows = []
    for place in range(_POINTS):
        factor = _SPAN[0] * (_SPAN[1] / _SPAN[0]) ** (place / (_POINTS - 1))
        shrunk = scenario.interval_at(factor)
        low = high = 0.0
        if bill.interval is not None:
            low, high = (usd - bill.interval.low) * shrunk, (bill.interval.high - usd) * shrunk
        rows.append(
            {
                "model": line.name,
                "requests": per_day * factor,
                "usd": usd * factor,
                "low": max(usd - low, usd * 1e-3) * factor,
                "high": (usd + high) * factor,
            }
        )
    return rows


def _powers(least: float, most: float) -> list[float]:
    """The powers of ten around all amounts; of less than two decades, also their halves."""
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    steps = (1, 2, 5) if math.log10(most / least) < 2 else (1,)  # noqa: PLR2004 (decades)
    return [round(step * 10.0**power, 12) for power in powers for step in steps]


def _uncertain(line: _Line) -> bool:
    interval = line.bill.interval
    return interval is not None and interval.high > interval.low


def _labels(
    lines: Sequence[_Line],
    right: float,
    ends: tuple[float, float],
    y: alt.Y,
    colour: alt.Color,
) -> Any:
    """Names and bills at the ends of the lines, moved apart where they would touch."""
    least = (ends[1] / ends[0]) ** _LEAST_GAP
    rows = []
    above: float | None = None
    for line in lines:  # the dearest first
        usd = line.bill.usd or 0.0
        at = usd * _SPAN[1]
        if above is not None and at * least > above:
            at = above / least
        above = at
        bill = f"${usd:,.0f}" if usd >= 100 else f"${usd:,.2f}"  # noqa: PLR2004 (cents matter less)
        rows.append(
            {"requests": right, "usd": at, "model": line.name, "label": f"{line.name} · {bill}"}
        )
    return (
        alt.Chart(_data(rows))
        .mark_text(align="left", dx=8, fontSize=12, clip=False)
        .encode(x="requests:Q", y=y, text="label:N", color=colour)
    )
