"""The truth under vLLM's names, in Prometheus' text format (version 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modelforge.simulator.tally import Tally
from modelforge.simulator.truth import ModelTruth

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_TTFT_EDGES_S: Final = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    20.0, 40.0, 80.0, 160.0, 640.0, 2560.0,
)  # fmt: skip
_ITL_EDGES_S: Final = (
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0,
    40.0, 80.0,
)  # fmt: skip
_LATENCY_EDGES_S: Final = (
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0,
    480.0, 960.0, 1920.0, 7680.0,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelGauges:
    """What one model is doing now."""

    running: int
    waiting: int


def metrics_text(truths: Mapping[str, ModelTruth], gauges: Mapping[str, ModelGauges]) -> str:
    """The page that ``/metrics`` answers with; ``gauges`` has every model of ``truths``."""
    return "\n".join([*_lines(truths, gauges), ""])


def _lines(truths: Mapping[str, ModelTruth], gauges: Mapping[str, ModelGauges]) -> Iterator[str]:
    yield from _head("vllm:num_requests_running", "gauge", "Requests being answered.")
    for name, gauge in gauges.items():
        yield f"vllm:num_requests_running{_labels(name)} {gauge.running}"
    yield from _head("vllm:num_requests_waiting", "gauge", "Requests waiting for a slot.")
    for name, gauge in gauges.items():
        yield f"vllm:num_requests_waiting{_labels(name)} {gauge.waiting}"
    yield from _head("vllm:prompt_tokens_total", "counter", "Prompt tokens of planned answers.")
    for name, truth in truths.items():
        yield f"vllm:prompt_tokens_total{_labels(name)} {truth.prompt_tokens}"
    yield from _head("vllm:generation_tokens_total", "counter", "Tokens sent.")
    for name, truth in truths.items():
        yield f"vllm:generation_tokens_total{_labels(name)} {truth.completion_tokens}"
    yield from _head("vllm:request_success_total", "counter", "Requests by reason of their end.")
    for name, truth in truths.items():
        for reason, count in sorted(truth.finish_reasons.items()):
            yield f"vllm:request_success_total{_labels(name, finished_reason=reason)} {count}"
    for metric, attribute, edges_s, about in (
        ("time_to_first_token", "ttft", _TTFT_EDGES_S, "Parsed to first token written."),
        ("inter_token_latency", "itl", _ITL_EDGES_S, "Token to token, as written."),
        ("time_per_output_token", "itl", _ITL_EDGES_S, "The same under its older name."),
        ("e2e_request_latency", "latency", _LATENCY_EDGES_S, "Parsed to last byte written."),
    ):
        yield from _head(f"vllm:{metric}_seconds", "histogram", about)
        for name, truth in truths.items():
            yield from _histogram(
                f"vllm:{metric}_seconds", name, getattr(truth, attribute), edges_s
            )


def _head(metric: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP {metric} {about}"
    yield f"# TYPE {metric} {kind}"


def _histogram(metric: str, model: str, tally: Tally, edges_s: Sequence[float]) -> Iterator[str]:
    for edge_s, count in zip(edges_s, tally.below(edges_s), strict=True):
        yield f"{metric}_bucket{_labels(model, le=str(edge_s))} {count}"
    yield f"{metric}_bucket{_labels(model, le='+Inf')} {tally.count}"
    yield f"{metric}_sum{_labels(model)} {tally.total_s}"
    yield f"{metric}_count{_labels(model)} {tally.count}"


def _labels(model: str, **more: str) -> str:
    pairs = {"model_name": model, "engine": "0", **more}
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in pairs.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
