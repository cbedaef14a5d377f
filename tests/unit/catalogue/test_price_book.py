"""What the overlay, the history and the names do to a price, on the data in the package."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelforge.catalogue.disputes import Disputes
from modelforge.catalogue.files import MODELS_FILE, PROVIDERS_FILE, encode_catalogue, read_catalogue
from modelforge.catalogue.history import History
from modelforge.catalogue.load import EMBEDDED, load_catalogue
from modelforge.catalogue.overlay import OVERLAY_FILE, Overlay, load_overlay, moment
from modelforge.catalogue.price_book import PriceBook
from modelforge.catalogue.source import read_source
from modelforge.core.model_id import ModelId
from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.charge import Charge, charge
from modelforge.pricing.priced_call import PricedCall
from modelforge.pricing.quote import Quote
from modelforge.pricing.tariff import Mode, Rates, Tariff
from scripts.build_overlay import SOURCE, built

MILLION = 1_000_000
BOOK = PriceBook(
    catalogue=read_catalogue(EMBEDDED, origin="embedded"), now=datetime(2026, 11, 25, tzinfo=UTC)
)


def quote(model: str, as_of: str | None = None, **how: Any) -> Quote:
    when = None if as_of is None else moment(as_of)
    return BOOK.quote(ModelId.parse(model), as_of=when, **how)


def bill(model: str, as_of: str | None = None, **counts: Any) -> Charge:
    requests = counts.pop("requests", 1)
    how = {name: counts.pop(name) for name in ("mode", "region", "given") if name in counts}
    usage = BilledUsage(**{"input_total": 0, "output_total": 0} | counts)
    return charge(usage, quote(model, as_of, **how).terms, requests=requests)


def usd(charged: Charge) -> Decimal:
    assert charged.cost is not None, charged.reasons
    return charged.cost.usd


def test_the_catalogues_price() -> None:
    charged = bill("openai/gpt-4o", input_total=10_000, cache_read=8_000, output_total=1_000)
    assert (charged.status, usd(charged)) == ("priced", Decimal("0.025"))


def test_a_long_prompt_crosses_its_models_own_threshold_cache_included() -> None:
    counts: dict[str, Any] = {
        "input_total": 250_000,
        "cache_read": 100_000,
        "output_total": 1_000,
    }
    above = bill("google/gemini-2.5-pro", **counts)
    assert usd(above) == Decimal("0.415")  # 150,000 x 2.5 + 100,000 x 0.25 + 1,000 x 15, per M
    assert above.above_tokens == 200_000
    below = bill("google/gemini-2.5-pro", requests=2, **counts)
    assert usd(below) == Decimal("0.21")
    assert bill("openai/gpt-5.4", input_total=200_001).above_tokens is None  # its own is 272,000
    assert bill("openai/gpt-5.4", input_total=272_001).above_tokens == 272_000


def test_off_peak_is_half_and_its_edges_are_exact() -> None:
    def both(as_of: str) -> Decimal:
        model = "deepseek/deepseek-chat"
        return usd(bill(model, as_of, input_total=MILLION, output_total=MILLION))

    assert both("2025-03-01T16:29:59Z") == Decimal("1.37")
    assert both("2025-03-01T16:30Z") == Decimal("0.685")
    assert both("2025-03-02T00:29:59Z") == Decimal("0.685")
    assert both("2025-03-02T00:30Z") == Decimal("1.37")
    assert both("2025-02-26T16:29Z") == Decimal("1.37")  # the discount begins a minute later
    assert both("2025-09-05T15:59:59Z") == Decimal("1.37")
    assert both("2025-09-05T16:00Z") == Decimal("2.24")  # the new list; the discount has ended
    assert both("2025-09-05T17:00Z") == Decimal("2.24")
    reasoner = bill("deepseek/deepseek-reasoner", "2025-05-01T20:00Z", input_total=MILLION)
    assert usd(reasoner) == Decimal("0.135")
    zoned = bill("deepseek/deepseek-chat", "2025-03-02T00:30+08:00", input_total=MILLION)
    assert usd(zoned) == Decimal("0.135")  # 16:30 UTC


def test_peak_hours_are_on_working_days_there() -> None:
    def once(as_of: str) -> Decimal:
        return usd(bill("deepseek/deepseek-v4-pro", as_of, input_total=MILLION))

    off_peak = once("2026-11-23T05:00Z")
    assert once("2026-11-23T01:00Z") == 2 * off_peak  # a Monday
    assert once("2026-11-23T04:00Z") == off_peak
    assert once("2026-11-23T09:59Z") == 2 * off_peak
    assert once("2026-11-22T02:00Z") == off_peak  # a Sunday
    assert once("2026-10-01T02:00Z") == off_peak  # China's national day
    hourless = quote("deepseek/deepseek-v4-pro").terms
    assert any("give the time of the call" in rule.text for rule in hourless.rules)


def test_a_price_change_applies_from_its_date_only() -> None:
    def once(as_of: str | None) -> Decimal:
        return usd(bill("openai/gpt-5.6-sol", as_of, input_total=1000, output_total=1000))

    assert once("2026-08-20T23:59:59Z") == Decimal("0.035")
    assert once("2026-08-21T00:00Z") == Decimal("0.024")
    assert once(None) == Decimal("0.024")
    o3 = bill("openai/o3", "2025-06-09T23:59Z", input_total=MILLION, output_total=MILLION)
    assert usd(o3) == Decimal(50)
    o3 = bill("openai/o3", "2025-06-10T00:00Z", input_total=MILLION, output_total=MILLION)
    assert usd(o3) == Decimal(10)


@pytest.mark.parametrize(
    ("model", "last", "first", "before", "after"),
    [
        ("google/gemini-4-argon", "2026-11-30T23:59:59Z", "2026-12-01T00:00Z", 12, 24),
        ("google/gemini-3.7-flash", None, "2027-01-01T00:00Z", "4.5", 9),  # listed, then announced
        ("google/gemini-3.6-flash", "2026-12-31T23:59Z", "2027-01-01T00:00Z", "4.5", 9),
        ("mistral/mistral-small-latest", "2026-03-15T12:00Z", "2026-03-16T00:00Z", "0.4", "0.75"),
    ],
)
def test_a_price_that_is_announced_holds_from_its_date(
    model: str, last: str | None, first: str, before: str, after: str
) -> None:
    both = {"input_total": MILLION, "output_total": MILLION}
    assert usd(bill(model, last, **both)) == Decimal(before)
    assert usd(bill(model, first, **both)) == Decimal(after)


def test_what_was_recorded_before_ours_and_after_it_stands() -> None:
    days = ("2026-08-01T00:00Z", "2026-09-01T00:00Z")
    flash = [usd(bill("google/gemini-3.6-flash", day, input_total=MILLION)) for day in days]
    assert flash == [Decimal("1.5"), Decimal("0.75")]


@pytest.mark.parametrize(
    ("model", "tokens", "above"),
    [
        ("azure/gpt-5.6-sol", 272_000, None),
        ("azure/gpt-5.6-sol", 272_001, 272_000),
        ("openrouter/openai/gpt-5.4", 250_000, None),
        ("amazon-bedrock/openai.gpt-5.6-terra", 250_000, None),
        ("xai/grok-4.3", 199_999, None),
        ("xai/grok-4.3", 200_000, 199_999),
        ("google/gemini-2.5-pro", 200_000, None),
        ("google/gemini-2.5-pro-preview-06-05", 200_001, 200_000),
        ("google/gemini-1.5-pro", 128_001, 128_000),
    ],
)
def test_the_makers_threshold_goes_before_a_listed_one(
    model: str, tokens: int, above: int | None
) -> None:
    assert bill(model, input_total=tokens).above_tokens == above


def test_a_name_may_be_older_than_the_model_it_stands_for_now() -> None:
    """The catalogue has the day of the newest deepseek-chat, of which there were several."""
    early = bill("deepseek/deepseek-chat", "2025-02-01T00:00Z", input_total=MILLION)
    assert usd(early) == Decimal("0.27")
    rules = quote("deepseek/deepseek-chat", "2025-02-01T00:00Z").terms.rules
    assert rules[0].text == "no price before 2025-02-08 is known: its first"


def test_reasoning_at_zero_beside_an_output_costs_what_output_does() -> None:
    listed = BOOK.catalogue.model(ModelId.parse("kilo/stealth/claude-opus-4.8"))
    assert listed is not None
    assert listed.cost is not None
    assert listed.cost.price.reasoning == 0
    thought = bill("kilo/stealth/claude-opus-4.8", output_total=MILLION, reasoning=MILLION)
    assert usd(thought) == listed.cost.price.output


def test_before_a_model_there_is_no_price_and_an_unknown_past_is_said() -> None:
    early = bill("openai/gpt-4o", "2024-05-12T00:00Z", input_total=5)
    assert (early.status, early.reasons) == (
        "unpriced",
        ("openai/gpt-4o was released on 2024-05-13",),
    )
    then = quote("mistral/mistral-nemo", "2025-01-01T00:00Z").terms
    assert any("no price of 2025-01-01 is known" in rule.text for rule in then.rules)


def test_a_write_to_the_1_hour_cache_costs_twice_the_input() -> None:
    for model, dollars in (
        ("anthropic/claude-sonnet-4-5", 6),
        ("anthropic/claude-opus-4-5", 10),
        ("google-vertex/claude-sonnet-4-5@20250929", 6),
    ):
        charged = bill(model, input_total=MILLION, cache_write_1h=MILLION)
        assert usd(charged) == dollars
        assert charged.lines[0].rule is not None
        assert charged.lines[0].rule.source is not None
    five = bill("anthropic/claude-sonnet-4-5", input_total=MILLION, cache_write_5m=MILLION)
    assert usd(five) == Decimal("3.75")


def test_a_batch_with_cache() -> None:
    counts: dict[str, Any] = {
        "input_total": 3 * MILLION,
        "cache_read": MILLION,
        "cache_write_1h": MILLION,
        "output_total": MILLION,
    }
    claude = bill("anthropic/claude-sonnet-4-5", mode="batch", **counts)
    assert usd(claude) == (3 + Decimal("0.3") + 6 + 15) / 2  # the multipliers stack
    cached: dict[str, Any] = {"input_total": 100_000, "cache_read": 50_000}
    gemini = bill("google/gemini-2.5-pro", mode="batch", **cached)
    assert usd(gemini) == (50_000 * Decimal("0.625") + 50_000 * Decimal("0.125")) / MILLION
    gpt = bill("openai/gpt-5", mode="batch", **cached)
    assert usd(gpt) == (50_000 * Decimal("0.625") + 50_000 * Decimal("0.0625")) / MILLION
    unsaid = bill("openai/gpt-4o", mode="batch", **cached)
    assert (unsaid.status, usd(unsaid)) == ("partial", 50_000 * Decimal("1.25") / MILLION)
    assert unsaid.reasons == ("no rate is known for cache_read",)


@pytest.mark.parametrize(
    ("model", "mode", "as_of"),
    [
        ("groq/llama-3.1-8b-instant", "batch", None),
        ("openai/gpt-4o", "flex", None),
        ("anthropic/claude-sonnet-4-5", "flex", None),
        ("xai/grok-4.3", "batch", "2026-10-21T00:00Z"),
    ],
)
def test_a_mode_without_a_published_price_is_unpriced(
    model: str, mode: Mode, as_of: str | None
) -> None:
    charged = bill(model, as_of, mode=mode, input_total=5)
    assert charged.status == "unpriced"
    assert charged.reasons[0].startswith(f"no {mode} price is known for {model}")


def test_flex_is_half() -> None:
    assert usd(bill("openai/gpt-5", mode="flex", input_total=MILLION)) == Decimal("0.625")


def test_a_region_costs_what_is_published_for_it() -> None:
    def once(model: str, region: str | None) -> Charge:
        return bill(model, region=region, input_total=MILLION)

    assert usd(once("anthropic/claude-opus-4-6", "us")) == Decimal("5.5")
    assert usd(once("anthropic/claude-opus-4-6", "global")) == 5
    assert once("anthropic/claude-opus-4-6", "eu").status == "unpriced"
    assert once("anthropic/claude-sonnet-4-5", "us").status == "unpriced"  # too old for it
    assert usd(bill("openai/gpt-5.4", region="eu", input_total=100_000)) == Decimal("0.275")
    assert once("openai/gpt-5", "eu").status == "unpriced"  # released before the uplift


def test_a_region_that_only_the_name_says_may_have_no_price_of_its_own() -> None:
    asked = "amazon-bedrock/us.mistral.pixtral-large-2502-v1:0"
    assert usd(bill(asked, input_total=MILLION)) == usd(
        bill("amazon-bedrock/mistral.pixtral-large-2502-v1:0", input_total=MILLION)
    )
    assert "no price of its own is known in us" in quote(asked).terms.rules[-1].text


def test_a_request_has_a_fee() -> None:
    charged = bill("perplexity/sonar", "2026-09-26T23:59Z", requests=10, input_total=MILLION)
    assert usd(charged) == 1 + 10 * Decimal("0.005")


@pytest.mark.parametrize(
    ("asked", "priced_as", "rule"),
    [
        ("openai/gpt-4o", "openai/gpt-4o", None),
        ("openai/GPT-4o", "openai/gpt-4o", "is written gpt-4o"),
        ("openai/openai/gpt-4o", "openai/gpt-4o", "openai/ in the name is the provider"),
        ("OpenAI/gpt-4o", "openai/gpt-4o", "OpenAI is openai"),
        ("gemini/gemini/gemini-2.5-pro", "google/gemini-2.5-pro", "gemini/ in the name is the"),
        ("gemini/models/gemini-2.5-pro", "google/gemini-2.5-pro", "models/ in the name is how"),
        ("vertex/google/gemini-2.5-pro", "google-vertex/gemini-2.5-pro", "google/ in the name"),
        (
            "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0",
            "amazon-bedrock/anthropic.claude-sonnet-4-20250514-v1:0",
            "us. is an inference profile",
        ),
        ("openai/gpt-4.1-2025-04-14", "openai/gpt-4.1", "snapshot of 2025-04-14"),
        ("openai/gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13", None),
        ("azure/gpt-4o", "azure/gpt-4o", None),
        ("azure_ai/gpt-4.1-2025-04-14", "azure/gpt-4.1", "azure_ai is azure; the snapshot"),
        (
            "bedrock/us.anthropic.claude-opus-4-5-20251101-v1:0",
            "amazon-bedrock/us.anthropic.claude-opus-4-5-20251101-v1:0",
            "bedrock is amazon-bedrock",
        ),
        (
            "amazon-bedrock/us.mistral.pixtral-large-2502-v1:0",
            "amazon-bedrock/mistral.pixtral-large-2502-v1:0",
            "us. is an inference profile",
        ),
        (
            "vertex_ai/claude-sonnet-4-5",
            "google-vertex/claude-sonnet-4-5@20250929",
            "newest snapshot, claude-sonnet-4-5@20250929",
        ),
        ("vertex/claude-opus-4-6", "google-vertex/claude-opus-4-6@default", "listed as"),
        ("anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4-5", "is written"),
        ("openrouter/openai/gpt-4o", "openrouter/openai/gpt-4o", None),
        ("openrouter/openai/gpt-6.1-sol", "openai/gpt-6.1-sol", "OpenRouter passes the price"),
    ],
)
def test_a_name_is_resolved_by_a_rule_that_is_shown(
    asked: str, priced_as: str, rule: str | None
) -> None:
    found = quote(asked)
    assert str(found.priced_as) == priced_as
    if rule is None:
        assert found.resolved is None
    else:
        assert found.resolved is not None
        assert rule in found.resolved.text


@pytest.mark.parametrize("asked", ["openai/gpt-99", "nobody/gpt-4o", "openrouter/gpt-4o"])
def test_an_unknown_model_is_unpriced_never_zero(asked: str) -> None:
    charged = bill(asked, input_total=5, output_total=5)
    assert (charged.status, charged.cost, quote(asked).priced_as) == ("unpriced", None, None)


def test_free_and_paid_by_a_plan() -> None:
    free = bill("nvidia/qwen/qwen3-coder-480b-a35b-instruct", input_total=5)
    plan = bill("zai-coding-plan/glm-4.7", input_total=5)
    assert (free.status, free.kind) == ("priced", "free")
    assert (plan.status, plan.cost, plan.kind) == ("unpriced", None, "subscription")


def test_given_rates_are_the_standard_ones_and_the_rules_still_hold() -> None:
    given = Rates(input=Decimal(4), output=Decimal(8))
    model = "anthropic/claude-sonnet-4-5"
    assert usd(bill(model, given=given, input_total=MILLION)) == 4
    assert usd(bill(model, given=given, input_total=MILLION, cache_write_1h=MILLION)) == 8
    assert usd(bill(model, given=given, mode="batch", output_total=MILLION)) == 4
    missing = bill(model, given=given, input_total=MILLION, cache_read=MILLION)
    assert (missing.status, missing.reasons) == ("unpriced", ("no rate is known for cache_read",))
    assert usd(bill("me/mine", given=given, input_total=MILLION)) == 4
    for model, dollars in (("deepseek-chat", 2), ("deepseek-reasoner", 4)):
        asked = f"deepseek/{model}"  # the first is half at night, the second has rates of its own
        assert usd(bill(asked, "2025-05-01T17:00Z", given=given, input_total=MILLION)) == dollars


def test_a_newer_catalogue_is_newer_than_the_history(tmp_path: Path) -> None:
    row = {"id": "m", "name": "m", "cost": {"input": 9, "output": 9}}
    document = f'{{"acme": {{"models": {{"m": {str(row).replace(chr(39), chr(34))}}}}}}}'
    source = read_source(document.encode())
    for day, dollars in ((datetime(2026, 1, 1, tzinfo=UTC), 5), (BOOK.now, 9)):
        files = encode_catalogue(day.date(), source.providers, source.models)
        (tmp_path / PROVIDERS_FILE).write_bytes(files.providers)
        (tmp_path / MODELS_FILE).write_bytes(files.models)
        rows = [
            {"since": "2026-02-01T00:00Z", "rates": {"input": "5", "output": "5"}, "source": "x"}
        ]
        book = PriceBook(
            catalogue=read_catalogue(tmp_path, origin="refreshed"),
            now=BOOK.now,
            overlay=Overlay(),
            history=History({"acme/m": rows}, dated=datetime(2026, 6, 1, tzinfo=UTC).date()),
            disputes=Disputes({}),
        )
        terms = book.quote(ModelId.parse("acme/m")).terms
        assert isinstance(terms, Tariff)
        assert terms.rates.input == dollars


def test_a_dispute_is_a_range() -> None:
    rows = {"openai/gpt-4o": [["input", "2.5", "5", "another list"], ["output", "9", "1", "old"]]}
    book = PriceBook(catalogue=load_catalogue(), now=BOOK.now, disputes=Disputes(rows))
    usage = BilledUsage(input_total=MILLION, output_total=MILLION)
    call = PricedCall.of(book.quote(ModelId.parse("openai/gpt-4o")), usage)
    assert call.range is not None
    assert (call.range.low.usd, call.range.high.usd) == (Decimal("12.5"), Decimal(15))
    assert call.range.sources == ("another list",)  # the other is about a price we have no more
    said = PricedCall.of(quote("openai/gpt-4o-2024-08-06"), usage)
    assert said.range is None


def test_the_rules_that_are_loaded_are_those_that_were_written() -> None:
    assert built(SOURCE) == OVERLAY_FILE.read_bytes()


def test_every_rule_has_its_source_and_its_day_and_is_about_a_provider_that_exists() -> None:
    overlay = load_overlay()
    kinds = (
        overlay.modes, overlay.derived, overlay.thresholds, overlay.windows, overlay.uplifts,
        overlay.request_fees, overlay.subscriptions, overlay.pass_through,
    )  # fmt: skip
    for rule in (rule for rules in kinds for rule in rules):
        assert rule.rule.source is not None
        assert rule.rule.source.startswith("https://")
        assert date.fromisoformat(rule.rule.dated or "") <= BOOK.now.date()
        for provider in set(rule.scope.providers) - {"*"}:
            assert BOOK.catalogue.provider(provider) is not None, provider
    for row in overlay.history:
        assert row.source.startswith("https://")
        assert date.fromisoformat(row.dated or "") <= BOOK.now.date()
    assert set(overlay.providers.values()) <= set(BOOK.catalogue.providers)
