"""Models of the catalogue as people read them; everything in it is foreign and is cleaned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from modelforge.app.catalogue import LiveModel
from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.changes import Changes, PriceMove
from modelforge.catalogue.cost import PRICE_FIELDS, ListedPrice
from modelforge.catalogue.filters import Filters
from modelforge.catalogue.model import Model
from modelforge.catalogue.overlay import load_overlay
from modelforge.core.model_id import ModelId
from modelforge.export.measure import count
from modelforge.export.terminal_text import terminal_line
from modelforge.pricing.component import COMPONENTS
from modelforge.pricing.quote import OtherPrice, Quote
from modelforge.pricing.tariff import NoTariff, Rates, Terms

LEGEND: Final = (
    "$ per million tokens (? not listed, plan: paid by one);"
    "\nTools, Reasoning, Images in, Open weights"
)
_UNKNOWN: Final = "?"
_SHOWN_CHANGES: Final = 20
_THOUSAND: Final = 1000


def models_table(rows: Iterable[tuple[ModelId, Model | None]]) -> Table:
    """A line a model: its name, context, prices and what it can do."""
    plan_of = load_overlay().plan
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    for heading in ("context", "input", "output"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("can", no_wrap=True)
    for id_, model in rows:
        name = Text(terminal_line(str(id_)))
        if model is None:
            table.add_row(name, _UNKNOWN, _UNKNOWN, _UNKNOWN, "not in the catalogue")
            continue
        if model.status:
            name.append(f" ({terminal_line(model.status)})", style="dim")
        price = _price(model)
        paid = price.free and plan_of(model.id) is not None
        prices = ("plan", "plan") if paid else (_dollars(price.input), _dollars(price.output))
        table.add_row(name, tokens(model.context), *prices, _can(model))
    return table


def live_rows(models: Iterable[LiveModel], filters: Filters) -> list[tuple[ModelId, Model | None]]:
    """The rows of models that a provider lists now; one that is not known meets no condition."""
    unasked = filters == Filters()
    return [
        (model.id, model.known)
        for model in models
        if unasked or (model.known is not None and filters.accept(model.known))
    ]


def providers_table(catalogue: Catalogue, protocols: Mapping[str, str]) -> Table:
    """A line a provider: its name, and the variables it is set up with.

    ``protocols`` are those spoken with the providers whose address is known.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("provider", overflow="fold")
    table.add_column("protocol", no_wrap=True)
    table.add_column("set up with", overflow="fold")
    for provider in catalogue.providers.values():
        protocol = protocols.get(provider.id, "(not spoken)")
        table.add_row(
            *(Text(terminal_line(text)) for text in (provider.id, protocol)),
            Text(terminal_line(", ".join(provider.env))),
        )
    return table


def model_table(model: Model, catalogue: Catalogue, quote: Quote) -> Table:
    """Everything known of one model; ``quote`` is its price now."""
    provider = catalogue.providers[model.id.provider]
    facts: list[tuple[str, str | None]] = [
        ("name", model.name),
        ("family", model.family),
        ("provider", provider.name),
        ("set up with", ", ".join(provider.env)),
        ("documentation", provider.doc),
        ("released", model.released),
        ("knowledge until", model.knowledge),
        ("status", model.status or "in service"),
        ("context", _whole(model.context)),
        ("longest input", _whole(model.input_limit)),
        ("longest output", _whole(model.output_limit)),
        ("takes", ", ".join(model.takes)),
        ("gives", ", ".join(model.gives)),
        ("tools", _yes(model.tool_call)),
        ("reasoning", _yes(model.reasoning)),
        ("structured output", _yes(model.structured_output)),
        ("open weights", _yes(model.open_weights)),
        *_price_facts(model, quote.terms),
    ]
    facts += [(f"{name} price", text) for name, text in _ranges(quote.disputed)]
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # an address is not cut
    for name, value in facts:
        table.add_row(Text(name, style="dim"), Text(terminal_line(value or "unknown")))
    return table


def price_now(terms: Terms) -> dict[str, Any]:
    """A model's price as JSON's types: rates in text, exact; a reason where there are none."""
    if isinstance(terms, NoTariff):
        return {"rates": None, "tiers": [], "rules": [], "reason": terms.reason}
    return {
        "rates": _texts(terms.rates),
        "tiers": [
            {"above_tokens": tier.above_tokens, "rates": _texts(tier.rates)} for tier in terms.tiers
        ],
        "rules": [rule.text for rule in terms.rules],
        "reason": None,
    }


def age_line(catalogue: Catalogue, age_days: int) -> str:
    """How old what is shown is, and how to renew it."""
    days = "1 day" if age_days == 1 else f"{age_days} days"
    source = f"Catalogue of {catalogue.dated} ({days} old, {catalogue.origin})"
    return f"{source}: modelforge models refresh"


def change_lines(changed: Changes) -> list[str]:
    """What a refresh found, a line each; long lists are cut and say so."""
    return [
        *_listed("new", [str(id_) for id_ in changed.new]),
        *_listed("gone", [str(id_) for id_ in changed.gone]),
        *_listed("price moved by more than 3x", [_move(move) for move in changed.moved]),
        *_listed("now listed at zero", [_move(move) for move in changed.now_free]),
    ]


def tokens(number: int | None) -> str:
    """``128k``, ``1.05M``."""
    if number is None:
        return _UNKNOWN
    if number < _THOUSAND:
        return str(number)
    unit, size = ("M", 10**6) if number >= 10**6 else ("k", 10**3)
    return f"{number / size:.3g}{unit}"


def _listed(heading: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return [f"{heading}: none"]
    rest = len(lines) - _SHOWN_CHANGES
    shown = [f"  {terminal_line(line)}" for line in lines[:_SHOWN_CHANGES]]
    return [
        f"{heading}: {count(len(lines))}",
        *shown,
        *([f"  and {rest:,} more"] if rest > 0 else []),
    ]


def _move(move: PriceMove) -> str:
    what = move.what.replace("_", " ")
    return f"{move.id} {what}: {_dollars(move.before)} -> {_dollars(move.after)}"


def _ranges(others: Sequence[OtherPrice]) -> list[tuple[str, str]]:
    """What each disputed component costs, from the lowest list to the highest."""
    found: list[tuple[str, str]] = []
    for component in dict.fromkeys(other.component for other in others):
        here = [other for other in others if other.component == component]
        prices = sorted({price for other in here for price in (other.ours, other.rate)})
        sources = " and ".join(other.source for other in here)
        span = f"{_dollars(prices[0])} to {_dollars(prices[-1])}"
        found.append((component, f"{span}: {sources} lists another"))
    return found


def _price(model: Model) -> ListedPrice:
    return ListedPrice() if model.cost is None else model.cost.price


def _price_facts(model: Model, terms: Terms) -> list[tuple[str, str | None]]:
    """The price now, by which rules, and what is listed where that is another."""
    listed = _price(model)
    if isinstance(terms, NoTariff):
        return [("price", terms.reason)]
    facts: list[tuple[str, str | None]] = [("price", _price_line(_named(terms.rates)))]
    for tier in terms.tiers:
        above = f"above {tier.above_tokens:,} tokens"
        facts.append((above, _price_line(_named(tier.rates))))
    facts += [("price rule", rule.text) for rule in terms.rules]
    if (listed.input, listed.output) != (terms.rates.input, terms.rates.output):
        facts.append(("listed", _price_line({n: getattr(listed, n) for n in PRICE_FIELDS})))
    return facts


def _texts(rates: Rates) -> dict[str, str]:
    known = _named(rates).items()
    return {name: f"{value.normalize():f}" for name, value in known if value is not None}


def _named(rates: Rates) -> dict[str, Decimal | None]:
    """The two that everybody compares first."""
    order = ("input", "output", *(name for name in COMPONENTS if name not in {"input", "output"}))
    return {name: getattr(rates, name) for name in order}


def _price_line(prices: Mapping[str, Decimal | None]) -> str:
    parts = [
        f"{name.replace('_', ' ')} {_dollars(value)}"
        for name, value in prices.items()
        if value is not None
    ]
    if not parts:
        return "not listed"
    free = " (listed as free)" if prices["input"] == prices["output"] == 0 else ""
    return f"{', '.join(parts)} per million tokens{free}"


def _can(model: Model) -> str:
    marks = (
        ("T", model.tool_call),
        ("R", model.reasoning),
        ("I", "image" in model.takes),
        ("O", model.open_weights),
    )
    return "".join(letter if mark else "·" for letter, mark in marks)


def _dollars(usd: Decimal | None) -> str:
    """Exact, with cents: ``$0.50``, ``$0.0375``."""
    if usd is None:
        return _UNKNOWN
    digits = usd.normalize().as_tuple().exponent
    places = max(2, -digits) if isinstance(digits, int) else 2
    return f"${usd:,.{places}f}"


def _whole(number: int | None) -> str | None:
    return None if number is None else f"{number:,} tokens"


def _yes(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"
