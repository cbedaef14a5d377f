"""What a server says of itself: one page of metrics, and the difference of two."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from modelforge.benchmark.prometheus_text import Sample, samples
from modelforge.benchmark.server_dialects import DIALECTS, Dialect, Names
from modelforge.benchmark.server_histogram import ServerHistogram

HISTOGRAMS: Final = ("ttft", "itl", "tpot", "e2e", "queue")
"""The histograms of `ServerMetrics`, in order; seconds."""

_MODEL_LABELS: Final = ("model_name", "model", "model_id")
_PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
_MS: Final = 1000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerMetrics:
    """One page, in one form whatever the server; None where it does not say.

    All engines and workers behind the page are added up. Counters count from the server's start.
    """

    server: str
    ttft: ServerHistogram | None = None
    itl: ServerHistogram | None = None
    tpot: ServerHistogram | None = None
    e2e: ServerHistogram | None = None
    queue: ServerHistogram | None = None
    prompt_tokens: float | None = None
    generation_tokens: float | None = None
    cached_tokens: float | None = None
    cache_queries: float | None = None
    cache_hit_share: float | None = None
    running: float | None = None
    waiting: float | None = None


def read_metrics(text: str, *, model: str | None = None) -> ServerMetrics | None:
    """The page ``text``; None where it is of no server that is known.

    Where series name models and ``model`` is among them, its series alone count.

    Raises:
        NotMetrics: it is no page of metrics.
    """
    page = list(samples(text))
    for server, dialect in DIALECTS.items():
        own = [sample for sample in page if sample.name.startswith(dialect.prefix)]
        if own:
            return _read(server, dialect, list(_of_model(own, model)))
    return None


def server_figures(
    before: ServerMetrics | None,
    after: ServerMetrics,
    during: Sequence[ServerMetrics] = (),
    *,
    client_ttft_mean_ms: float | None = None,
) -> dict[str, Any]:
    """The figures between two pages, of JSON's types: the ``server`` of a `BenchmarkResult`.

    Milliseconds for every latency: ``count``, the exact ``mean``, and for each percentile its
    ``value`` and the bucket it surely lies in, ``low`` to ``high`` (null: no upper edge). The pages
    see warm-up requests and other clients' requests too. ``network_and_queue_ms`` is the client's
    mean TTFT minus the server's: what the network, the server's front door and its accept queue
    add, which the server does not see.

    Args:
        before: the page before the run; None where the server had said nothing yet.
        after: the page after it.
        during: pages of the time between.
        client_ttft_mean_ms: as the client measured it.
    """
    document: dict[str, Any] = {"name": after.server}
    for name in HISTOGRAMS:
        found = _added(before, after, name)
        if found is not None and found.count:
            document[f"{name}_ms"] = _latency(found)
    for name in ("prompt_tokens", "generation_tokens", "cached_tokens"):
        added = _counted(before, after, name)
        if added is not None:
            document[name] = round(added)
    share = _cache_hit_share(before, after)
    if share is not None:
        document["cache_hit_share"] = round(share, 6)
    for name in ("running", "waiting"):
        seen = [value for one in during if (value := getattr(one, name)) is not None]
        if seen:
            document[name] = {"mean": round(sum(seen) / len(seen), 6), "max": max(seen)}
    server_ttft = document.get("ttft_ms")
    if server_ttft is not None and client_ttft_mean_ms is not None:
        document["network_and_queue_ms"] = round(client_ttft_mean_ms - server_ttft["mean"], 6)
    return document


def _read(server: str, dialect: Dialect, page: Sequence[Sample]) -> ServerMetrics:
    by_name: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in page:
        by_name[sample.name].append(sample)
    values: dict[str, Any] = {}
    for field in fields(ServerMetrics):
        if field.name == "server":
            continue
        names: Names = getattr(dialect, field.name)
        read = _histogram if field.name in HISTOGRAMS else _value
        values[field.name] = next(
            (found for name in names if (found := read(by_name, name)) is not None), None
        )
    return ServerMetrics(server=server, **values)


def _of_model(page: Sequence[Sample], model: str | None) -> Iterable[Sample]:
    named = {
        sample.labels[label] for sample in page for label in _MODEL_LABELS if label in sample.labels
    }
    if model not in named:
        return page
    return [
        sample
        for sample in page
        if model in {sample.labels.get(label, model) for label in _MODEL_LABELS}
        and not any(sample.labels.get(label, model) != model for label in _MODEL_LABELS)
    ]


def _histogram(by_name: Mapping[str, Sequence[Sample]], name: str) -> ServerHistogram | None:
    buckets = by_name.get(f"{name}_bucket")
    if not buckets:
        return None
    below: defaultdict[float, float] = defaultdict(float)
    for sample in buckets:
        below[float(sample.labels.get("le", "inf"))] += sample.value
    total = sum(sample.value for sample in by_name.get(f"{name}_sum", ()))
    return ServerHistogram(below=dict(below), total=total)


def _value(by_name: Mapping[str, Sequence[Sample]], name: str) -> float | None:
    found = [sample.value for sample in by_name.get(name, ()) if math.isfinite(sample.value)]
    return sum(found) if found else None


def _added(before: ServerMetrics | None, after: ServerMetrics, name: str) -> ServerHistogram | None:
    histogram: ServerHistogram | None = getattr(after, name)
    earlier: ServerHistogram | None = getattr(before, name) if before is not None else None
    return None if histogram is None else histogram.since(earlier)


def _counted(before: ServerMetrics | None, after: ServerMetrics, name: str) -> float | None:
    now: float | None = getattr(after, name)
    then: float | None = getattr(before, name) if before is not None else None
    if now is None or now < (then or 0.0):  # a counter that fell was begun anew
        return None
    return now - (then or 0.0)


def _cache_hit_share(before: ServerMetrics | None, after: ServerMetrics) -> float | None:
    hits = _counted(before, after, "cached_tokens")
    queries = _counted(before, after, "cache_queries")
    if hits is not None and queries:
        return hits / queries
    return after.cache_hit_share


def _latency(histogram: ServerHistogram) -> dict[str, Any]:
    return {
        "count": round(histogram.count),
        "mean": round((histogram.mean or 0.0) * _MS, 6),
        **dict(_percentiles(histogram)),
    }


def _percentiles(histogram: ServerHistogram) -> Iterator[tuple[str, dict[str, float | None]]]:
    for name, q in _PERCENTILES.items():
        found = histogram.quantile(q)
        if found is not None:
            yield (
                name,
                {
                    "value": round(found.value * _MS, 6),
                    "low": round(found.low * _MS, 6),
                    "high": None if math.isinf(found.high) else round(found.high * _MS, 6),
                },
            )
