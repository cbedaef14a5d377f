"""Compare the embedded prices with two other lists, and keep where they differ.

    python -m scripts.compare_prices [--wheels FOLDER] [--table FILE]

``genai-prices`` and ``model-prices`` (both MIT) are read from their wheels, which pip fetches. The
plain input and output prices of models are compared that their makers sell themselves, and of
Amazon Bedrock, on the last day that all three lists know of. Each difference must have a reason in
``compare_prices.yaml``. Those that are not settled are kept in ``disputes.json``, from which the
command shows a range; all are written as a table for the documentation.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Final

import yaml

from modelforge.catalogue.disputes import DISPUTES_FILE, Disputes
from modelforge.catalogue.load import load_catalogue
from modelforge.catalogue.price_book import PriceBook
from modelforge.core.model_id import ModelId
from modelforge.pricing.component import Component
from modelforge.pricing.tariff import Tariff
from scripts.build_catalogue import fetch

GENAI: Final = "genai-prices==0.2.3"
RECORDED: Final = "model-prices==0.0.5"
AT: Final = datetime(2026, 10, 26, 12, tzinfo=UTC)
"""When all three lists say something: the day of the youngest record, at an hour without a peak."""

FIRST_PARTY: Final = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "xai": "x-ai",
    "cohere": "cohere",
    "moonshotai": "moonshotai",
    "zai": "zai",
    "minimax": "minimax",
    "perplexity": "perplexity",
    "meta": "meta",
    "amazon-bedrock": "aws",
}
"""The catalogue's names of who sells its own models, and what genai-prices calls them."""

RESALE: Final = "amazon-bedrock/"
REASONS: Final = Path(__file__).with_suffix(".yaml")

COMPARED: Final[tuple[Component, ...]] = ("input", "output")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A component that another list prices otherwise."""

    model: str
    component: Component
    ours: Decimal
    theirs: Decimal
    source: str


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why the models that fit a pattern are priced otherwise elsewhere."""

    models: tuple[str, ...]
    settled: bool
    why: str


def main() -> None:
    """Fetch, compare, write; prints how many agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--wheels", type=Path, help="take the wheels from this folder, not by pip")
    parser.add_argument("--table", type=Path, help="write the differences as Markdown here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        lists = {
            GENAI: genai_prices(fetch(GENAI, folder, options.wheels), folder),
            RECORDED: recorded_prices(fetch(RECORDED, folder, options.wheels)),
        }
    book = PriceBook(catalogue=load_catalogue(), now=AT, disputes=Disputes({}))
    ours = dict(own_prices(book))
    differences: list[Difference] = []
    for source, theirs in lists.items():
        found = list(compared(ours, theirs, source))
        both = sum(1 for model in ours if model in theirs)
        apart = len({difference.model for difference in found})
        makers = {model for model in ours if model in theirs and not model.startswith(RESALE)}
        agree = len(makers - {difference.model for difference in found})
        print(  # noqa: T201 (what it is for)
            f"{source}: {both} models in both, {both - apart} agree, {apart} differ;"
            f" of those that are sold by their makers, {agree} of {len(makers)} agree"
        )
        differences += found
    reasons = read_reasons()
    unexplained = {one.model for one in differences if reason_of(one.model, reasons) is None}
    if unexplained:
        sys.exit(f"no reason in {REASONS.name}: {', '.join(sorted(unexplained))}")
    DISPUTES_FILE.write_text(disputes(differences, reasons))
    if options.table is not None:
        options.table.write_text(table(differences, reasons))


def read_reasons() -> list[Reason]:
    """What was written by hand."""
    return [
        Reason(models=tuple(row["models"]), settled=row["settled"], why=row["why"])
        for row in yaml.safe_load(REASONS.read_text())
    ]


def reason_of(model: str, reasons: Sequence[Reason]) -> Reason | None:
    """The first that is about ``model``."""
    return next(
        (one for one in reasons if any(fnmatchcase(model, pattern) for pattern in one.models)), None
    )


def own_prices(book: PriceBook) -> Iterator[tuple[str, dict[Component, Decimal]]]:
    """The plain prices of the makers' own models; of aliases too, each is a name that is billed."""
    for model in sorted(
        ModelId(provider=provider, model=name)
        for provider in FIRST_PARTY
        for name in book.names(provider)
    ):
        terms = book.quote(model, as_of=AT).terms
        if isinstance(terms, Tariff):
            known = {name: rate for name in COMPARED if (rate := terms.rates.of(name)) is not None}
            if known.keys() == set(COMPARED):
                yield str(model), known


def compared(
    ours: dict[str, dict[Component, Decimal]],
    theirs: dict[str, dict[Component, Decimal]],
    source: str,
) -> Iterator[Difference]:
    """What ``theirs`` prices otherwise."""
    for model, rates in ours.items():
        for component, rate in rates.items():
            other = theirs.get(model, {}).get(component)
            if other is not None and other != rate:
                yield Difference(
                    model=model, component=component, ours=rate, theirs=other, source=source
                )


def genai_prices(wheel: Path, folder: Path) -> dict[str, dict[Component, Decimal]]:
    """What genai-prices asks for the names that are known here, at `AT`."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        licence = next(name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        DISPUTES_FILE.with_name("LICENSE.genai-prices").write_bytes(archive.read(licence))
    sys.path.insert(0, str(folder))
    sys.modules.setdefault("httpx2", ModuleType("httpx2"))  # only its update needs it
    try:
        providers = {one.id: one for one in importlib.import_module("genai_prices.data").providers}
    finally:
        sys.path.remove(str(folder))
    book = PriceBook(catalogue=load_catalogue(), now=AT, disputes=Disputes({}))
    found: dict[str, dict[Component, Decimal]] = {}
    for name, theirs in FIRST_PARTY.items():
        for model in book.names(name):
            known = providers[theirs].find_model(model)
            if known is None:
                continue
            asked = known.get_prices(AT)
            prices = {"input": asked.input_mtok, "output": asked.output_mtok}
            base = {part: getattr(price, "base", price) for part, price in prices.items()}
            if all(price is not None for price in base.values()):
                found[f"{name}/{model}"] = base  # type: ignore[assignment]
    return found


def recorded_prices(wheel: Path) -> dict[str, dict[Component, Decimal]]:
    """What model-prices recorded last until `AT`."""
    with zipfile.ZipFile(wheel) as archive:
        tree = json.loads(archive.read("model_prices/snapshot.json"), parse_float=Decimal)
    found: dict[str, dict[Component, Decimal]] = {}
    for provider, models in tree["prices"].items():
        for model, modes in models.items():
            past = [
                record["rates"]
                for record in modes.get("standard", [])
                if record["start"] is None or record["start"] <= AT.isoformat()
            ]
            if past and past[-1] is not None:
                rates = {name: past[-1].get(name) for name in COMPARED}
                if all(rate is not None for rate in rates.values()):
                    found[f"{provider}/{model}"] = {
                        name: Decimal(rate) for name, rate in rates.items() if rate is not None
                    }
    return found


def disputes(differences: Sequence[Difference], reasons: Sequence[Reason]) -> str:
    """The file that the package carries: what is not settled."""
    models: dict[str, list[list[str]]] = {}
    for one in sorted(differences, key=lambda one: (one.model, one.component, one.source)):
        reason = reason_of(one.model, reasons)
        if reason is not None and reason.settled:
            continue
        row = [one.component, plain(one.ours), plain(one.theirs), one.source.replace("==", " ")]
        models.setdefault(one.model, []).append(row)
    head = {
        "sources": [GENAI, RECORDED],
        "licence": "MIT, see LICENSE.genai-prices and LICENSE.model-prices",
        "dated": AT.date().isoformat(),
    }
    return json.dumps({**head, "models": models}, indent=1) + "\n"


def table(differences: Sequence[Difference], reasons: Sequence[Reason]) -> str:
    """The differences by reason, in Markdown."""
    lines = []
    for reason in reasons:
        rows: dict[tuple[str, str], dict[str, Difference]] = {}
        for one in differences:
            if reason_of(one.model, reasons) is reason:
                rows.setdefault((one.model, one.source), {})[one.component] = one
        if not rows:
            continue
        settled = "" if reason.settled else " Shown as a range."
        lines += ["", f"{reason.why[0].upper()}{reason.why[1:].strip()}.{settled}", ""]
        lines += ["| model | list | input: ours, theirs | output: ours, theirs |"]
        lines += ["| --- | --- | --- | --- |"]
        for (model, source), parts in sorted(rows.items()):
            cells = [
                f"{plain(parts[name].ours)}, {plain(parts[name].theirs)}" if name in parts else "="
                for name in COMPARED
            ]
            lines.append(f"| `{model}` | {source.split('==')[0]} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines).strip() + "\n"


def plain(price: Decimal) -> str:
    """Its digits, without zeros at the end."""
    return f"{price.normalize():f}"


if __name__ == "__main__":
    main()
