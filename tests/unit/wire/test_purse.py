"""What a worker may spend."""

from __future__ import annotations

from decimal import Decimal

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask
from modelforge.core.errors import ConnectionFailed
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.pricing.tariff import Rates, Tariff
from modelforge.wire.exchange import Exchange
from modelforge.wire.purse import Allotment, Purse
from modelforge.wire.reading import Reading

TERMS = Tariff(rates=Rates(input=Decimal(0), output=Decimal(1_000_000)))  # a dollar a token
ASK = Ask(prompt=Prompt.of("Hi"), source="test", max_tokens=2)
EXCHANGE = Exchange(index=0, phase=Phase.MEASURED, ask=ASK)
ANSWERED = Reading(usage=Usage(prompt_tokens=1, completion_tokens=1))


def purse(limit_usd: int) -> Purse:
    return Purse(Allotment(limit_usd=Decimal(limit_usd), terms=TERMS), Generation())


def test_what_is_sent_again_is_paid_twice() -> None:
    one = purse(5)
    assert one.reserve(ASK)  # 2 of 5
    assert one.pay_again(ASK)  # 2 spent, 2 of 5
    assert not one.reserve(ASK)
    one.settle(EXCHANGE, ANSWERED)  # 3 spent
    assert one.reserve(ASK)
    assert not one.reserve(ASK)


def test_what_cannot_be_paid_again_stays_paid_once() -> None:
    one = purse(3)
    assert one.reserve(ASK)
    assert not one.pay_again(ASK)
    one.settle(EXCHANGE, Reading(error=ConnectionFailed("gone", dropped=True)))  # 2 spent
    assert not one.reserve(ASK)
    one.stop()
    assert one.stopped is not None
    assert "$2.000000 is spent" in one.stopped
