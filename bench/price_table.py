"""How long 5,000 models times 1,000 scenarios take to price, and how far that is from Decimal.

    python -m bench.price_table [RUNS]

The models are the catalogue's, again and again until there are 5,000; the usages are drawn with a
fixed seed, from one request to a month of them. The difference is that of every 5,000th price to
the exact one.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from itertools import cycle, islice
from statistics import median

from modelforge.catalogue.load import load_catalogue
from modelforge.catalogue.price_book import PriceBook
from modelforge.cost.rate_matrix import PriceTable, RateMatrix
from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.charge import charge
from modelforge.pricing.tariff import Terms

MODELS, SCENARIOS = 5000, 1000


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    book = PriceBook(catalogue=load_catalogue(), now=datetime.now(UTC))
    started = time.perf_counter()
    listed = [book.quote(model.id).terms for model in book.catalogue.models()[:MODELS]]
    print(f"{len(listed):,} models looked up in {time.perf_counter() - started:.2f} s")
    terms = list(islice(cycle(listed), MODELS))
    draw = random.Random(7)  # noqa: S311 (repeatable, not secret)
    usages = [_usage(draw) for _ in range(SCENARIOS)]
    took = []
    rates, table = _priced(terms, usages)
    for _ in range(runs):
        started = time.perf_counter()
        rates, table = _priced(terms, usages)
        took.append(time.perf_counter() - started)
    del took[0]
    spread = f"({min(took):.3f} to {max(took):.3f})"
    print(f"{MODELS:,} x {SCENARIOS:,}: median {median(took):.3f} s {spread}")
    worst = Decimal(0)
    for place in range(0, MODELS * SCENARIOS, 4999):
        model, scenario = divmod(place, SCENARIOS)
        usage, requests = usages[scenario]
        exact = charge(usage, terms[model], requests=requests).cost
        if exact is not None:
            worst = max(
                worst,
                abs(Decimal(float(table.usd[rates.rows[id(terms[model])], scenario])) - exact.usd),
            )
    print(f"largest difference to Decimal: {worst:.1e} dollars")


def _priced(
    terms: list[Terms], usages: list[tuple[BilledUsage, int]]
) -> tuple[RateMatrix, PriceTable]:
    rates = RateMatrix.of(terms)
    return rates, rates.table(rates.features(usages))


def _usage(draw: random.Random) -> tuple[BilledUsage, int]:
    requests = draw.choice((1, 1, 30, 3000))
    prompt, answer = draw.randrange(400_000) * requests, draw.randrange(4000) * requests
    return (
        BilledUsage(
            input_total=prompt,
            cache_read=prompt // 3,
            cache_write_5m=prompt // 5,
            output_total=answer,
            reasoning=answer // 2,
        ),
        requests,
    )


if __name__ == "__main__":
    main()
