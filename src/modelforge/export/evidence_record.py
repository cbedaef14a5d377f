"""How sure a comparison is, as the JSON of an export."""

from __future__ import annotations

from math import ceil
from typing import Any

from modelforge.compare.evidence import QUANTILES, Evidence, ModelFigures, Pair, QuantityEvidence
from modelforge.compare.quantity import Quantity
from modelforge.export.estimate_record import estimate_record, significant
from modelforge.export.evidence_words import pair_verdict
from modelforge.stats.paired_comparison import PairedComparison
from modelforge.stats.verdict import Outcome

_MORE = {Outcome.BETTER: "more", Outcome.WORSE: "less"}


def evidence_document(evidence: Evidence) -> dict[str, Any]:
    """Strings, ints, finite floats, None, lists and objects; text is as it came."""
    return {
        "level": evidence.level,
        "prompts": evidence.prompts,
        "clusters": evidence.clusters or None,
        "quantities": [_quantity(each) for each in evidence.quantities],
    }


def outcome_word(outcome: Outcome, quantity: Quantity) -> str:
    """``better``, …; ``more`` and ``less`` of what is neither."""
    if quantity.higher_is_better is None:
        return _MORE.get(outcome, outcome.value)
    return outcome.value


def _quantity(each: QuantityEvidence) -> dict[str, Any]:
    return {
        "name": each.quantity.name,
        "unit": each.quantity.unit.value,
        "higher_is_better": each.quantity.higher_is_better,
        "models": [_model(figures) for figures in each.figures],
        "pairs": [_pair(pair, each.quantity) for pair in each.pairs],
    }


def _model(figures: ModelFigures) -> dict[str, Any]:
    quantiles = figures.quantiles or (None,) * len(QUANTILES)
    return {
        "model_id": figures.model,
        "prompts": figures.prompts,
        "mean": estimate_record(figures.mean),
        **{
            f"p{q * 100:g}": estimate_record(estimate)
            for q, estimate in zip(QUANTILES, quantiles, strict=True)
        },
    }


def _pair(pair: Pair, quantity: Quantity) -> dict[str, Any]:
    head = {"first": pair.first, "second": pair.second, "prompts": pair.prompts}
    made, said = pair.comparison, pair_verdict(pair, quantity)
    if made is None or said is None:
        return {**head, "outcome": None, "sentence": None, "reason": pair.reason}
    passed = made.pass_fail
    return {
        **head,
        "outcome": outcome_word(said.outcome, quantity),
        "sentence": said.sentence,
        "difference": estimate_record(made.difference),
        "p_value": significant(made.p_value),
        "adjusted_p": significant(pair.adjusted_p),
        "wilcoxon_p": significant(made.wilcoxon_p),
        "margin": significant(made.margin),
        "equivalence_p": significant(made.equivalence_p),
        "effect_size": significant(made.effect_size),
        "detectable": significant(made.detectable),
        "prompts_needed": _prompts_needed(made),
        "clusters_needed": None if made.clusters is None else made.needed,
        "pass_fail": None
        if passed is None
        else {
            "both": passed.both,
            "first_only": passed.first_only,
            "second_only": passed.second_only,
            "neither": passed.neither,
        },
    }


def _prompts_needed(made: PairedComparison) -> int | None:
    """Of clusters as many as hold the clusters that are needed, if they stay as large."""
    if made.needed is None or made.clusters is None:
        return made.needed
    return ceil(made.needed * made.difference.n / made.clusters)
