"""How sure a comparison is, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from modelforge.compare.evidence import Evidence, Pair, QuantityEvidence
from modelforge.export.evidence_record import outcome_word
from modelforge.export.evidence_words import (
    alike,
    behind,
    cells,
    few,
    leader,
    pair_verdict,
    title,
    told,
)
from modelforge.export.markdown_text import code, table

_UNKNOWN = "–"  # noqa: RUF001 (a dash is meant)


def evidence_blocks(evidence: Evidence) -> Iterator[str]:
    """A heading, and for each quantity a table of models and one of pairs."""
    if evidence.prompts < 2 or not evidence.quantities:  # noqa: PLR2004 (nothing is known of one)
        return
    yield "## How sure"
    yield ", ".join(title(evidence)) + "; repeats averaged within a prompt."
    if (said := few(evidence)) is not None:
        yield said + "."
        return
    for each in evidence.quantities:
        if told(each):
            yield from _quantity(each)


def _quantity(each: QuantityEvidence) -> Iterator[str]:
    yield f"### {code(each.quantity.label)}"
    rows = cells(each, unknown=_UNKNOWN)
    if alike(each):
        yield f"The same on every prompt, of every model: {rows[0][1][0]}."
        return
    columns = max(len(row) for _, row in rows)
    heads = ["model", "mean", "p50", "p95"][: 1 + columns]
    filled = [[code(model), *row, *[""] * (columns - len(row))] for model, row in rows]
    yield table(heads, filled)
    if each.pairs:
        several = len(each.pairs) > 1
        if several:
            yield code(leader(each))
        yield table(
            ["pair", "verdict", "in words", "behind it"],
            [_pair(pair, each, several=several) for pair in each.pairs],
        )


def _pair(pair: Pair, each: QuantityEvidence, *, several: bool) -> list[str]:
    names = f"{code(pair.first)} : {code(pair.second)}"
    said = pair_verdict(pair, each.quantity)
    if said is None:
        return [names, _UNKNOWN, code(pair.reason or ""), ""]
    return [
        names,
        outcome_word(said.outcome, each.quantity),
        code(said.sentence),
        " · ".join(behind(pair, each.quantity, several=several)),
    ]
