"""What is said of a cost plan: the same words in the terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from modelforge.core.token_percentiles import TokenPercentiles
from modelforge.cost.plan import CostPlan, ScenarioPlan
from modelforge.cost.projection import ModelBill
from modelforge.export.measure import count, dollars
from modelforge.stats.interval import Interval

_WORDS = {
    "input": "input",
    "cache_read": "cache reads",
    "cache_write_5m": "cache writes",
    "cache_write_1h": "cache writes (1 h)",
    "input_audio": "audio in",
    "output": "output",
    "reasoning": "reasoning",
    "output_audio": "audio out",
    "request": "request fees",
}
_SHOWN_REASONS = 3
_DIGITS = 9  # below a billionth it is the arithmetic's own
_SAME = 5e-4


def usd(amount: float | None) -> str:
    """``$1,204.50``, ``$0.0871``; ``?`` where it is not known."""
    if amount is None:
        return "?"
    text = dollars(Decimal(repr(round(amount, _DIGITS))))
    whole, point, cents = text.partition(".")
    return f"{whole}.{cents}0" if point and len(cents) == 1 else text


def interval_text(interval: Interval | None) -> str:
    """Its two ends; nothing where they are one."""
    if interval is None or not interval.high:
        return ""
    if interval.high - interval.low <= _SAME * interval.high:
        return "exact" if interval.high == interval.low else f"± {_percent(interval)}"
    return f"{usd(interval.low)} to {usd(interval.high)}"


def component_words(bill: ModelBill) -> list[tuple[str, float]]:
    """The parts of a bill in words, with their dollars, the largest first."""
    parts = [(_WORDS[name], amount) for name, amount in bill.by_component.items()]
    return sorted(parts, key=lambda part: -part[1])


def traffic_line(plan: ScenarioPlan) -> str:
    """``60,000 requests in 30 days: 1,080 input + 720 cached + 250 output tokens each``."""
    words = {"cache_read": "cached", "cache_write_5m": "written to the cache"}
    tokens = " + ".join(
        f"{amount:,.0f} {words.get(name, name)}" for name, amount in plan.mean_tokens.items()
    )
    days = "1 day" if plan.scenario.days == 1 else f"{plan.scenario.days:,} days"
    each = (
        "" if plan.scenario.prompt_tokens is plan.scenario.completion_tokens is None else " (mean)"
    )
    if plan.scenario.requests is not None:
        each = " (mean)"
    return f"{plan.requests:,.0f} requests in {days}, {tokens} tokens each{each}"


def scenario_notes(plan: ScenarioPlan) -> Iterator[str]:
    """What must be known of the traffic."""
    scenario = plan.scenario
    if scenario.requests is not None:
        sample = scenario.requests
        yield f"tokens of {count(sample.requests)} requests in {sample.source}"
        yield from sample.notes
    for what, law in (
        ("prompt", scenario.prompt_tokens),
        ("completion", scenario.completion_tokens),
    ):
        if isinstance(law, TokenPercentiles) and law.flat:
            yield f"{what} tokens by percentiles: all {law.flat}; a p0 and a p100 would say more"
    told = [
        (scenario.batch_share, f"{scenario.batch_share:.0%} through a batch interface"),
        (
            scenario.growth_per_month and len(scenario.months) > 1,
            f"{scenario.growth_per_month:+.1%} requests a month",
        ),
        (scenario.retries, f"{scenario.retries:.1%} sent and billed again"),
    ]
    said = [words for holds, words in told if holds]
    if said:
        yield "; ".join(said)


def other_lines(plan: ScenarioPlan) -> Iterator[str]:
    """What became of the models that are not shown."""
    if plan.others:
        yield "not shown: " + ", ".join(
            f"{count(number)} {word}" for word, number in plan.others.items()
        )
    reasons = list(plan.unpriced.items())
    if reasons:
        shown = "; ".join(
            f"{reason} ({count(number)})" for reason, number in reasons[:_SHOWN_REASONS]
        )
        more = len(reasons) - _SHOWN_REASONS
        yield f"no full price: {shown}" + (f"; {more} more reasons" if more > 0 else "")
    if plan.cached:
        yield "cached: neither the scenario nor a price has changed since it was analysed"
    elif plan.reused:
        yield f"prices of {count(plan.reused)} of {count(plan.models)} models are as they were"


def source_line(plan: CostPlan) -> str:
    """Whose prices, and what the intervals are."""
    prices = prices_line(plan.dated, plan.origin, plan.age_days)
    return f"{prices}\nIntervals: {plan.level:.0%}, of the tokens alone."


def prices_line(dated: date, origin: str, age_days: int) -> str:
    """Whose prices, how old they are, and how to have newer ones where that is more than a day."""
    if age_days <= 1:
        return f"Prices of {dated} ({origin} catalogue)"
    return f"Prices of {dated} ({origin}, {age_days:,} days old): modelforge models refresh"


def _percent(interval: Interval) -> str:
    half = (interval.high - interval.low) / (interval.high + interval.low)
    return f"{half:.2%}"
