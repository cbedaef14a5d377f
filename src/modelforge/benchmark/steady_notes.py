"""What is to be said of a run that was not the same all through."""

from __future__ import annotations

from collections.abc import Iterator

from modelforge.benchmark.run_statistics import RunStatistics, Steadiness
from modelforge.benchmark.verdict import Reason

_WORTH_SAYING = 0.02
"""A change of so small a part of the level is nobody's concern, however certain it is."""
_LABELS = {"ttft_ms": "TTFT", "e2e_ms": "end to end"}


def steady_notes(found: RunStatistics | None) -> Iterator[Reason]:
    """Notes on warm-up, drift and shifts: they change no verdict, and nothing was left out."""
    if found is None:
        return
    if found.warm_up_excluded:
        yield Reason.note(
            "warm_up_excluded",
            f"the first {found.warm_up_excluded:,} requests were a warm-up and are left out, as"
            " asked for",
            measured=float(found.warm_up_excluded),
        )
    for name, each in found.steadiness.items():
        yield from _of(_LABELS[name], each)


def _of(label: str, each: Steadiness) -> Iterator[Reason]:
    warm, change = each.warm_up, each.stability
    began = warm.mean_before
    if warm.present and began is not None and _matters(began, warm.mean_after):
        yield Reason.note(
            "warm_up_present",
            f"{label}: the first {warm.values:,} requests took {_ms(began)} and the rest"
            f" {_ms(warm.mean_after)} on average; leave them out with --exclude-warm-up, or warm"
            " up longer",
            measured=float(warm.values),
        )
        return
    before, after = change.median_before, change.median_after
    if change.at is None or before is None or after is None or not _matters(before, after):
        return
    how = "drifted" if change.kind == "drift" else "changed at once"
    yield Reason.note(
        "drift" if change.kind == "drift" else "level_shift",
        f"{label} {how}, from {_ms(before)} to {_ms(after)} (medians before and after request"
        f" {change.at:,}): the figures mix the two",
        measured=float(change.at),
    )


def _ms(value: float) -> str:
    """Three digits, and never an exponent."""
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"  # noqa: PLR2004 (three digits)


def _matters(before: float, after: float) -> bool:
    return abs(before - after) > _WORTH_SAYING * max(abs(before), abs(after))
