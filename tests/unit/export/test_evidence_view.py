"""How sure a comparison is, drawn and written, whatever models are called."""

from __future__ import annotations

import json
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings

from modelforge.compare.evidence import Evidence, ModelFigures, QuantityEvidence, evidence
from modelforge.compare.observations import Observations
from modelforge.compare.quantity import COST, LATENCY, MEASURED, OUTPUT_TOKENS, SUCCESS, score
from modelforge.export.evidence_formats import evidence_json, evidence_markdown
from modelforge.export.evidence_view import evidence_view
from modelforge.export.evidence_words import amount, cells, signed, span, spread
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.verdict import Wording, sized
from tests.unit.export.corpus import HOSTILE_TEXT
from tests.unit.export.drawing import drawn, widest
from tests.unit.export.test_terminal_text import assert_harmless


def compared(models: tuple[str, ...] = ("p/a", "p/b"), *, prompts: int = 40) -> Evidence:
    seen = Observations(MEASURED, models=models)
    rng = np.random.default_rng(1)
    for place, model in enumerate(models):
        for prompt in range(prompts):
            values = {
                SUCCESS.name: 1.0,
                LATENCY.name: float(rng.normal(1 + place, 0.1)),
                OUTPUT_TOKENS.name: 50.0 + 10 * place + prompt % 3,
                COST.name: 0.0,
            }
            seen.add(model, prompt, values)
    return evidence(seen)


_VIEW = """\
━━ how sure · 95 % intervals · 40 prompts ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
answered  the same on every prompt, 100 % (91.2 to 100)

latency                   mean                    p50                    p95
p/a      1.00 s (0.97 to 1.03)  1.01 s (0.97 to 1.03)  1.13 s (1.09 or more)
p/b      1.99 s (1.96 to 2.01)  1.99 s (1.95 to 2.02)  2.09 s (2.09 or more)
  p/a is faster than p/b by 0.99 s (likely 0.95 to 1.02), and that is not chance
  (p < 0.001).
  p < 0.001 · 40 prompts · effect -8.84 sd · finds 50 ms

output tokens                 mean                  p50                  p95
p/a            51.0 (50.7 to 51.2)  51.0 (50.3 to 51.0)  52.0 (52.0 or more)
p/b            61.0 (60.7 to 61.2)  61.0 (60.3 to 61.0)  62.0 (62.0 or more)
  p/a is shorter in its answers than p/b by 10.0 (likely 10.0 to 10.0), and that
  is not chance (p < 0.001).
  p < 0.001 · 40 prompts
"""


def test_the_terminal_view() -> None:
    view = evidence_view(compared())
    assert view is not None
    assert drawn(view, 80) == _VIEW  # and not a word of the cost: nothing is paid for either


def test_what_is_alike_is_told_whole_on_a_narrow_console() -> None:
    view = evidence_view(compared())
    assert view is not None
    text = drawn(view, 44)
    assert widest(text) <= 44
    assert "answered\n  the same on every prompt, 100 % (91.2 to\n  100)\n" in text


def test_one_prompt_is_quiet_and_a_few_are_one_line() -> None:
    assert evidence_view(compared(prompts=1)) is None
    view = evidence_view(compared(prompts=3))
    assert view is not None
    assert " ".join(drawn(view, 80).split()) == (
        "3 prompts are too few to tell models apart: ask 6 or more; modelforge plan says how many"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [(6.5, "6.50"), (0.0335, "0.0335"), (123.4, "123"), (999.7, "1,000"), (1512.0, "1,512"),
     (0.0, "0"), (-4.0, "-4.00"), (1e-7, "1.00e-07")],
)  # fmt: skip
def test_a_score_has_three_digits_and_no_exponent(value: float, written: str) -> None:
    assert amount(score(), value) == written


def test_a_figure_and_its_interval_are_in_one_unit() -> None:
    def cell(point: float, low: float, high: float) -> str:
        interval = Interval(low=low, high=high)
        made = Estimate(point=point, interval=interval, standard_error=None, method="", n=9)
        figures = ModelFigures(model="m", prompts=9, mean=made)
        each = QuantityEvidence(quantity=LATENCY, figures=(figures,), pairs=())
        return cells(each, unknown="?")[0][1][0]

    assert cell(0.094, 0.056, 0.17) == "94 ms (56 to 170)"
    assert cell(0.0089, 0, 1.204) == "8.9 ms (0.0 to 1,204)"
    assert cell(0.094, 0.056, math.inf) == "94 ms (56 or more)"
    assert cell(0.094, -math.inf, math.inf) == "94 ms (any)"
    assert cell(0.39, 0.034, 0.75) == "0.39 s (0.034 to 0.75)"


def test_a_few_clusters_are_one_line_too() -> None:
    seen = Observations((score(),))
    for model, level in (("a", 0.0), ("b", 5.0)):
        for prompt in range(12):
            seen.add(model, prompt, {"score": level + prompt}, cluster=f"c{prompt % 5}")
    few = "12 prompts in 5 clusters are too few to tell models apart: ask prompts of 6 clusters"
    view = evidence_view(evidence(seen))
    assert view is not None
    assert " ".join(drawn(view, 80).split()) == f"{few} or more"
    assert f"{few} or more." in evidence_markdown(evidence(seen))


def test_markdown_says_which_model_leads_and_what_is_alike_in_a_line() -> None:
    text = evidence_markdown(compared(("p/a", "p/b", "p/c")))
    assert "`p/a is faster than every other, and that is not chance.`" in text
    assert "The same on every prompt, of every model: 100 % (91.2 to 100)." in text
    assert "-8.8 to +8.8 points" not in text


def test_the_document_counts_what_clusters_need() -> None:
    seen = Observations((score(),))
    rng = np.random.default_rng(3)
    for model in "ab":
        for prompt in range(60):
            values = {"score": float(rng.normal(0.1 * (model == "a"), 1))}
            seen.add(model, prompt, values, cluster=f"c{prompt // 3}")
    document = json.loads(evidence_json(evidence(seen)))
    (pair,) = document["quantities"][0]["pairs"]
    assert document["clusters"] == 20
    assert pair["prompts_needed"] == 3 * pair["clusters_needed"] > 60


@pytest.mark.parametrize("width", [10, 20, 40, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("models", [2, 5])
def test_it_fits_any_console(width: int, encoding: str, models: int) -> None:
    names = tuple(f"openrouter/meta-llama/llama-{n}-70b-instruct" for n in range(models))
    view = evidence_view(compared(names))
    assert view is not None
    text = drawn(view, width, encoding=encoding)
    if width >= 80:
        assert widest(text) <= width


@settings(max_examples=15, deadline=None)
@given(name=HOSTILE_TEXT)
def test_what_models_are_called_is_harmless(name: str) -> None:
    found = compared((f"a{name}", f"b{name}"), prompts=8)
    view = evidence_view(found)
    assert view is not None
    assert_harmless(drawn(view, 80))
    assert_harmless(evidence_markdown(found))
    assert_harmless(evidence_json(found))


def test_the_document_says_what_is_neither_better_nor_worse() -> None:
    document = json.loads(evidence_json(compared()))
    assert document["schema"] == "modelforge.scores/1"
    by_name = {each["name"]: each for each in document["quantities"]}
    (pair,) = by_name["output_tokens"]["pairs"]
    assert pair["outcome"] == "less"
    assert by_name["latency"]["pairs"][0]["outcome"] == "better"
    assert by_name["success"]["models"][0]["mean"]["high"] == 1.0


def test_of_many_models_the_one_that_leads_is_named() -> None:
    quality = score("quality")
    seen = Observations((quality,))
    rng = np.random.default_rng(2)
    for model, level in (("a", 0.0), ("b", 0.1), ("c", 0.0), ("best", 5.0)):
        for prompt in range(50):
            seen.add(model, prompt, {"quality": float(rng.normal(level, 1))})
    view = evidence_view(evidence(seen))
    assert view is not None
    text = drawn(view, 80)
    assert "best is better than every other, and that is not chance." in text
    assert "  best better than   a  by " in text  # the better one first, so with no sign
    assert "1 best" not in text


def test_a_row_that_chance_may_have_made_says_which_way_it_looks() -> None:
    """Eight prompts and ten pairs: no corrected p is under 0.05, however far apart models are."""
    seen = Observations((LATENCY,))
    for place, model in enumerate("abcde"):
        for prompt in range(8):
            seen.add(model, prompt, {LATENCY.name: 1.0 + place + 0.01 * prompt * (1 + place)})
    view = evidence_view(evidence(seen))
    assert view is not None
    text = drawn(view, 80)
    assert "  a looks faster than e  by " in text
    assert "not told from" not in text
    assert "No model is surely faster than every other." in text


def test_a_row_of_two_models_that_never_differ_says_so() -> None:
    seen = Observations((OUTPUT_TOKENS,))
    for model, more in (("a", 0), ("b", 0), ("c", 3)):
        for prompt in range(12):
            seen.add(model, prompt, {OUTPUT_TOKENS.name: 8.0 + more + more * (prompt % 2)})
    view = evidence_view(evidence(seen))
    assert view is not None
    assert "  a same as     b  on every prompt" in drawn(view, 80)


def test_a_row_a_pair_by_numbers_where_names_are_long() -> None:
    names = tuple(f"openrouter/meta-llama/llama-{n}-70b-instruct" for n in range(3))
    view = evidence_view(compared(names))
    assert view is not None
    lines = drawn(view, 80).splitlines()
    assert any(
        line.startswith("  1 faster than 2  by 0.99 s (0.95 to 1.02)  p < ") for line in lines
    )
    assert any(line.startswith(f"1 {names[0]}") for line in lines)
    assert not [line for line in lines if "and that is not chance (" in line]
    assert len(lines) < 45


def test_of_very_many_models_only_the_best_ones_pairs_are_drawn() -> None:
    view = evidence_view(compared(tuple(f"m{n}" for n in range(8))))
    assert view is not None
    text = drawn(view, 80)
    assert "m0 faster than m7" in text
    assert "m3 faster than m4" not in text
    assert "21 more pairs, in the exports" in text


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.347, "34.7 %"), (0.39, "39.0 %"), (1.0, "100 %"), (0.99996, "99.996 %"), (0.0, "0 %")],
)
def test_a_share_is_never_all_or_none_by_rounding(share: float, said: str) -> None:
    assert amount(SUCCESS, share) == said


def test_a_model_of_one_prompt_stands_beside_the_others() -> None:
    seen = Observations((score(),))
    seen.add("a", 0, {"score": 0.5})
    for prompt in range(8):
        seen.add("b", prompt, {"score": prompt / 3})
    found = evidence(seen)
    view = evidence_view(found)
    assert view is not None
    assert "a and b: only one prompt is known of both" in drawn(view, 80)
    text = evidence_markdown(found)
    assert "| `a` | – |  |  |" in text  # noqa: RUF001 (a dash is meant)


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_console_cuts_no_figure(width: int) -> None:
    view = evidence_view(compared())
    assert view is not None
    text = drawn(view, width)
    assert widest(text) <= width
    assert "1.00 s (0.97 to 1.03)" in text
    assert text.count("(") == text.count(")")


def test_both_ends_have_one_unit() -> None:
    assert span(LATENCY, -0.17, -0.084) == "-0.17 to -0.084 s"
    assert span(LATENCY, 0.058, 0.062) == "+58 to +62 ms"
    assert spread(LATENCY, Interval(low=0.082, high=0.1)) == "0.082 to 0.10 s"
    slower = Estimate(
        point=0.11,
        interval=Interval(low=0.091, high=0.13),
        standard_error=0.01,
        method="made up",
        n=40,
    )
    wording = Wording(signed=partial(signed, LATENCY), span=partial(span, LATENCY))
    assert sized(slower, wording) == "0.11 s (likely 0.091 to 0.13)"
