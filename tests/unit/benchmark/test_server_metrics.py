"""Pages of metrics as servers write them, and the difference of two."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.prometheus_text import NotMetrics, samples
from modelforge.benchmark.server_histogram import ServerHistogram
from modelforge.benchmark.server_metrics import read_metrics, server_figures
from modelforge.simulator.metrics import ModelGauges, metrics_text
from modelforge.simulator.truth import ModelTruth

PAGES = Path(__file__).parent / "pages"


def a_truth(*ttfts_s: float) -> ModelTruth:
    truth = ModelTruth()
    for ttft_s in ttfts_s:
        truth.ttft.add(ttft_s)
        truth.completion_tokens += 10
        truth.prompt_tokens += 5
    return truth


def the_page(**truths: ModelTruth) -> str:
    return metrics_text(truths, {name: ModelGauges(running=2, waiting=1) for name in truths})


def test_the_simulators_page_tells_its_truth() -> None:
    before = read_metrics(the_page(steady=a_truth(0.3)), model="steady")
    after = read_metrics(the_page(steady=a_truth(0.3, 0.07, 0.07, 0.09)), model="steady")
    assert after is not None
    figures = server_figures(before, after, [after], client_ttft_mean_ms=80.0)
    ttft = figures["ttft_ms"]
    assert (ttft["count"], ttft["mean"]) == (3, pytest.approx(76.667, abs=0.001))
    assert (ttft["p50"]["low"], ttft["p50"]["high"]) == (60, 80)
    assert (ttft["p99"]["low"], ttft["p99"]["high"]) == (80, 100)
    assert (figures["prompt_tokens"], figures["generation_tokens"]) == (15, 30)
    assert figures["running"] == {"mean": 2, "max": 2}
    assert figures["network_and_queue_ms"] == pytest.approx(3.333, abs=0.001)
    assert "e2e_ms" not in figures  # nothing was added


def test_the_models_own_series_count_where_it_is_named() -> None:
    page = the_page(one=a_truth(0.01), other=a_truth(0.01, 0.01))
    one, all_ = read_metrics(page, model="one"), read_metrics(page, model="unknown")
    assert one is not None
    assert all_ is not None
    assert (one.generation_tokens, all_.generation_tokens) == (10, 30)


@pytest.mark.parametrize(
    ("page", "server", "tokens", "requests"),
    [
        ("sglang", "SGLang", (8000, 7557), (3, 2)),
        ("llamacpp", "llama.cpp", (6886, 3469), (1, 4)),
        ("tgi", "TGI", (300, 120), (8, 5)),
    ],
)
def test_each_servers_names_are_read(
    page: str, server: str, tokens: tuple[int, int], requests: tuple[int, int]
) -> None:
    found = read_metrics((PAGES / f"{page}.txt").read_text())
    assert found is not None
    assert found.server == server
    assert [found.prompt_tokens, found.generation_tokens] == list(tokens)
    assert [found.running, found.waiting] == list(requests)


def test_quantiles_and_the_cache_of_sglang() -> None:
    found = read_metrics((PAGES / "sglang.txt").read_text())
    assert found is not None
    figures = server_figures(None, found)
    assert figures["ttft_ms"]["p50"] == {"value": 162.5, "low": 100.0, "high": 200.0}
    assert figures["cache_hit_share"] == 0.25


def test_above_the_last_edge_there_is_no_upper_one() -> None:
    found = read_metrics((PAGES / "tgi.txt").read_text())
    assert found is not None
    assert server_figures(None, found)["queue_ms"]["p99"] == {"value": 1, "low": 1, "high": None}


def test_a_restarted_server_gives_no_difference() -> None:
    before = read_metrics(the_page(steady=a_truth(0.3, 0.3)))
    after = read_metrics(the_page(steady=a_truth(0.3)))
    assert after is not None
    figures = server_figures(before, after)
    assert "ttft_ms" not in figures
    assert "generation_tokens" not in figures


def test_unknown_pages_and_no_pages() -> None:
    assert read_metrics("") is None
    assert read_metrics("python_gc_objects_collected_total 3") is None
    for text in ("<html>", "name", "name{a=1} 2", "name two"):
        with pytest.raises(NotMetrics):
            read_metrics(text)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(allow_nan=False))
def test_every_label_and_value_is_read_back(label: str, value: float) -> None:
    escaped = label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    if "\r" in label:  # the format ends lines with \n alone
        return
    (sample,) = samples(f'a:b{{x="{escaped}",y="}} 1"}} {value!r} 1700000000\n')
    assert sample.labels == {"x": label, "y": "} 1"}
    assert sample.value == value


@given(st.lists(st.floats(0, 10), min_size=1), st.floats(0.01, 1))
def test_the_true_quantile_lies_in_the_bucket(values: list[float], q: float) -> None:
    edges = [0.5, 1.0, 2.0, 5.0, math.inf]
    below = {edge: float(sum(value <= edge for value in values)) for edge in edges}
    found = ServerHistogram(below=below, total=sum(values)).quantile(q)
    true = sorted(values)[max(math.ceil(q * len(values) - 1e-9), 1) - 1]
    assert found is not None
    assert found.low <= true <= found.high
    assert found.low <= found.value <= found.high
