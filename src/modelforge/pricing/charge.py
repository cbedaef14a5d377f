"""What tokens cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final, Literal

from modelforge.core.errors import UnbillableUsage, UsageError
from modelforge.core.money import Money
from modelforge.core.usage import Usage
from modelforge.pricing.billed_usage import BilledUsage, Tokens, billed
from modelforge.pricing.component import COMPONENTS, Component
from modelforge.pricing.tariff import NoTariff, Rates, Rule, Tariff, Terms

Status = Literal["priced", "partial", "unpriced"]

_PER_TOKEN: Final = Decimal("1e-6")  # rates are per million
_EXACT: Final = Context(prec=60)  # rates of 15 decimals times counts of 18 digits, unrounded
_AS_OUTPUT: Final = Rule(text="reasoning is output: no rate of its own is listed")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChargeLine:
    """One component of a charge.

    Attributes:
        component: a token component, or ``request`` for the fee of a request.
        quantity: tokens, or requests.
        rate: US dollars per million tokens, or per request; None: not known.
        cost: None where the rate is.
        rule: how the rate was found, where it is not listed itself.
    """

    component: Component | Literal["request"]
    quantity: Tokens
    rate: Decimal | None
    cost: Money | None
    rule: Rule | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """A price, or as much of it as is known, or the reason there is none.

    Attributes:
        status: ``priced``; ``partial`` where tokens were used that have no known rate;
            ``unpriced``.
        cost: all of it when priced; the known lines' sum when partial, which is less than the
            price; None when unpriced.
        reasons: what is missing of a partial price, why there is none; empty when priced.
        kind: ``metered``; ``free``, listed at zero; ``subscription``, paid by a plan; ``unknown``.
            Only metered prices can be compared to find the cheapest.
        above_tokens: the threshold of the tier that set the rates, None below every one.
    """

    status: Status
    cost: Money | None
    lines: tuple[ChargeLine, ...] = ()
    reasons: tuple[str, ...] = ()
    kind: Literal["metered", "free", "subscription", "unknown"] = "metered"
    above_tokens: int | None = None

    @property
    def full_cost(self) -> Money | None:
        """The price when all of it is known: what may be added up and compared."""
        return self.cost if self.status == "priced" else None

    @property
    def note(self) -> str | None:
        """What a reader of the cost must know, in a line."""
        if self.status == "partial" and self.cost is not None:
            return f"at least ${self.cost}: {'; '.join(self.reasons)}"
        if self.kind == "free":
            return "listed as free"
        return "; ".join(self.reasons) or None


def charge(usage: BilledUsage, terms: Terms, *, requests: int = 1) -> Charge:
    """The price of ``usage``, the total of ``requests`` requests, at ``terms``.

    Parts of the input and of the output are taken out of them before the rest is priced: no token
    is billed twice. The mean input of a request decides its tier, and a tier prices the whole of
    it; requests that are added up never reach one. Reasoning costs what output costs where it has
    no rate; any other part without a rate is missing from a ``partial`` price.

    Raises:
        UsageError: ``requests`` is not at least 1.
    """
    if requests < 1:
        raise UsageError(f"{requests} requests cannot be priced: give at least 1")
    if isinstance(terms, NoTariff):
        return _none(terms)
    with localcontext(_EXACT):
        return _charged(usage, terms, requests)


def charge_reported(usage: Usage, terms: Terms) -> Charge:
    """The price of one answer as its server counted it; `unpriced` where it counted nothing."""
    if isinstance(terms, NoTariff):
        return _none(terms)
    try:
        counted = billed(usage)
    except UnbillableUsage as error:
        return Charge(status="unpriced", cost=None, reasons=(str(error),), kind="unknown")
    return charge(counted, terms)


def _none(terms: NoTariff) -> Charge:
    return Charge(status="unpriced", cost=None, reasons=(terms.reason,), kind=terms.kind)


def _charged(usage: BilledUsage, tariff: Tariff, requests: int) -> Charge:
    tier = tariff.tier(usage.input_total / Decimal(requests))
    rates = tariff.rates if tier is None else tier.rates
    lines = [
        _line(component, tokens, rates)
        for component in COMPONENTS
        if (tokens := usage.part(component))
    ]
    if tariff.request_fee:
        fee = tariff.request_fee
        lines.append(
            ChargeLine(
                component="request", quantity=requests, rate=fee, cost=Money(usd=requests * fee)
            )
        )
    known = [line.cost for line in lines if line.cost is not None]
    missing = [line.component for line in lines if line.cost is None]
    above = None if tier is None else tier.above_tokens
    where = "" if above is None else f" above {above:,} input tokens"
    reasons = (f"no rate is known for {', '.join(missing)}{where}",) if missing else ()
    if missing and not known:
        return Charge(
            status="unpriced", cost=None, reasons=reasons, kind="unknown", above_tokens=above
        )
    return Charge(
        status="partial" if missing else "priced",
        cost=sum(known, Money(usd=Decimal(0))),
        lines=tuple(lines),
        reasons=reasons,
        kind=tariff.kind,
        above_tokens=above,
    )


def _line(component: Component, tokens: Tokens, rates: Rates) -> ChargeLine:
    rate, rule = rates.of(component), rates.derived.get(component)
    if component == "reasoning" and rate is None:
        rate, rule = rates.output, _AS_OUTPUT
    cost = None if rate is None else Money(usd=tokens * rate * _PER_TOKEN)
    return ChargeLine(component=component, quantity=tokens, rate=rate, cost=cost, rule=rule)
