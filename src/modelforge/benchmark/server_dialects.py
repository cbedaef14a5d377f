"""Which metrics of which server mean what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

Names = tuple[str, ...]
"""The names of one metric over a server's versions: the first that is on the page counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """One server's names. Histograms are of seconds, counters of tokens, gauges of requests.

    Attributes:
        prefix: what its names begin with.
        ttft, itl, tpot, e2e, queue: histograms; ``itl`` is a gap each, ``tpot`` a mean a request.
        prompt_tokens, generation_tokens: counters, or the sums of histograms of lengths.
        cached_tokens, cache_queries: counters of prompt tokens found in the prefix cache and
            looked up there; ``cache_hit_share`` is a gauge of their ratio.
        running, waiting: gauges.
    """

    prefix: str
    ttft: Names = ()
    itl: Names = ()
    tpot: Names = ()
    e2e: Names = ()
    queue: Names = ()
    prompt_tokens: Names = ()
    generation_tokens: Names = ()
    cached_tokens: Names = ()
    cache_queries: Names = ()
    cache_hit_share: Names = ()
    running: Names = ()
    waiting: Names = ()


DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        # https://docs.vllm.ai/en/stable/usage/metrics/ (V1), and v0.8.5's page for the older names.
        "vLLM": Dialect(
            prefix="vllm:",
            ttft=("vllm:time_to_first_token_seconds",),
            itl=("vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"),
            tpot=("vllm:request_time_per_output_token_seconds",),
            e2e=("vllm:e2e_request_latency_seconds",),
            queue=("vllm:request_queue_time_seconds",),
            prompt_tokens=("vllm:prompt_tokens_total",),
            generation_tokens=("vllm:generation_tokens_total",),
            cached_tokens=("vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"),
            cache_queries=(
                "vllm:prefix_cache_queries_total",
                "vllm:gpu_prefix_cache_queries_total",
            ),
            running=("vllm:num_requests_running",),
            waiting=("vllm:num_requests_waiting",),
        ),
        # https://docs.sglang.io/references/production_metrics.html; needs --enable-metrics.
        "SGLang": Dialect(
            prefix="sglang:",
            ttft=("sglang:time_to_first_token_seconds",),
            itl=("sglang:inter_token_latency_seconds",),
            tpot=("sglang:time_per_output_token_seconds",),
            e2e=("sglang:e2e_request_latency_seconds",),
            queue=("sglang:queue_time_seconds",),
            prompt_tokens=("sglang:prompt_tokens_total",),
            generation_tokens=("sglang:generation_tokens_total",),
            cached_tokens=("sglang:cached_tokens_total",),
            cache_queries=("sglang:prompt_tokens_total",),
            cache_hit_share=("sglang:cache_hit_rate",),
            running=("sglang:num_running_reqs",),
            waiting=("sglang:num_queue_reqs",),
        ),
        # llama.cpp, tools/server/README.md, "GET /metrics"; needs --metrics. It has no histogram.
        "llama.cpp": Dialect(
            prefix="llamacpp:",
            prompt_tokens=("llamacpp:prompt_tokens_total",),
            generation_tokens=("llamacpp:tokens_predicted_total",),
            running=("llamacpp:requests_processing",),
            waiting=("llamacpp:requests_deferred",),
        ),
        # https://huggingface.co/docs/text-generation-inference/reference/metrics. It has no TTFT.
        "TGI": Dialect(
            prefix="tgi_",
            tpot=("tgi_request_mean_time_per_token_duration",),
            e2e=("tgi_request_duration",),
            queue=("tgi_request_queue_duration",),
            prompt_tokens=("tgi_request_input_length_sum",),
            generation_tokens=("tgi_request_generated_tokens_sum",),
            running=("tgi_batch_current_size",),
            waiting=("tgi_queue_size",),
        ),
    }
)
"""The servers that are known. ModelForge's own simulator speaks vLLM's."""
