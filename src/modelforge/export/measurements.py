"""What is said of an answer, and of a model: the same labels in the terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from modelforge.compare.result import ComparisonMetrics, ComparisonResult
from modelforge.compare.summary import ModelSummary
from modelforge.config.builtin import OWN_PROVIDERS
from modelforge.export.measure import count, dollars, duration, speed

LABELS = ("cached", "latency", "first token", "tokens", "speed", "price", "retries", "finish")
"""The labels of `measurements`, in its order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """One labelled value, of one part or more.

    ``note`` is foreign text that belongs to the value and is not clean yet.
    """

    label: str
    parts: tuple[str, ...] = ()
    note: str = ""

    def text(self, *, between: str, note: str) -> str:
        """The parts, and the note as it is to appear."""
        return ": ".join(part for part in (between.join(self.parts), note) if part)


def measurements(result: ComparisonResult) -> Iterator[Measurement]:
    """What is known of one answer; how it finished only when that is not ``stop``.

    That nothing is paid for a model of this machine is no news under each of its answers: a summary
    and the data of an export say so.
    """
    metrics = result.metrics
    if result.cached:
        yield Measurement(label="cached", parts=(_asked_on(result.cached_at),))
    if metrics.latency is not None:
        yield Measurement(label="latency", parts=(duration(metrics.latency),))
    if metrics.first_token_s is not None:
        yield Measurement(label="first token", parts=(duration(metrics.first_token_s),))
    if metrics.prompt_tokens is not None or metrics.completion_tokens is not None:
        yield Measurement(label="tokens", parts=tuple(_tokens(metrics)))
    if metrics.tokens_per_second is not None:
        yield Measurement(label="speed", parts=(f"{speed(metrics.tokens_per_second)} tokens/s",))
    if metrics.cost is not None:
        note = "" if result.cached else metrics.cost_note or ""
        yield Measurement(label="price", parts=(dollars(metrics.cost),), note=note)
    elif metrics.cost_note is not None and result.provider not in OWN_PROVIDERS:
        yield Measurement(label="price", parts=("unknown",), note=metrics.cost_note)
    if metrics.retries:
        yield Measurement(label="retries", parts=(count(metrics.retries),))
    if result.finish_reason not in {None, "", "stop"}:
        yield Measurement(label="finish", note=result.finish_reason or "")


def summary_cells(summary: ModelSummary, *, unknown: str) -> dict[str, str]:
    """The columns of a summary, in order, by their headings; ``unknown`` is a missing value.

    Token sums of 0 are unknown: they mean that no server reported any. The last column, ``cost``,
    is not the whole bill where `unpriced` has something to add.
    """
    medians = (
        ("latency", summary.median_latency_s, duration),
        ("first token", summary.median_first_token_s, duration),
        ("tokens/s", summary.median_tokens_per_second, speed),
    )
    tokens = (("tokens in", summary.prompt_tokens), ("tokens out", summary.completion_tokens))
    return {
        "answered": count(summary.answered),
        "failed": count(summary.failed),
        **{label: unknown if value is None else show(value) for label, value, show in medians},
        **{label: count(number) if number else unknown for label, number in tokens},
        "cost": "unknown" if summary.cost is None else dollars(summary.cost),
    }


def unpriced(summary: ModelSummary) -> str:
    """``+ 3 unpriced``, to follow a cost that is not the whole bill; otherwise nothing."""
    if summary.cost is None or not summary.unpriced:
        return ""
    return f"+ {count(summary.unpriced)} unpriced"


def resent(summary: ModelSummary) -> str:
    """``sent again 3 times``, of a model whose requests were repeated; otherwise nothing."""
    if not summary.retries:
        return ""
    return f"sent again {count(summary.retries)} time{'s' if summary.retries > 1 else ''}"


def frequent_errors(summary: ModelSummary, *, most: int = 3) -> str:
    """``timed_out 12, rate_limited 3 and 2 other kinds``: the most frequent first."""
    ranked = sorted(summary.error_kinds.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{kind} {count(number)}" for kind, number in ranked[:most])
    others = len(ranked) - most
    if others <= 0:
        return named
    return f"{named} and {others} other kind{'s' if others > 1 else ''}"


def cached(summary: ModelSummary) -> str:
    """``3 of 5 answers are cached …``; nothing when none is."""
    if not summary.cached:
        return ""
    answers = f"{count(summary.cached)} of {count(summary.answered)} answers cached"
    return f"{answers}: not measured now, and nothing was spent on them"


def _asked_on(moment: datetime | None) -> str:
    """The reader's own day and minute."""
    if moment is None:
        return "yes"
    return f"asked on {moment.astimezone():%Y-%m-%d %H:%M}"


def _tokens(metrics: ComparisonMetrics) -> Iterator[str]:
    for number, name, part, part_name in (
        (metrics.prompt_tokens, "in", metrics.cached_tokens, "cached"),
        (metrics.completion_tokens, "out", metrics.reasoning_tokens, "reasoning"),
    ):
        whole = f"{'?' if number is None else count(number)} {name}"
        yield f"{whole} ({count(part)} {part_name})" if part else whole
