"""A page of metrics in Prometheus' text format, read line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_SAMPLE: Final = re.compile(
    r"([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?[\d.]+)?(?:[ \t]+#.*)?"
)
_LABEL: Final = re.compile(
    r'[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,|$)'
)
_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n"}


class NotMetrics(ValueError):
    """A line is no sample of the format; the message quotes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One value of one series, in the metric's own unit."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> Iterator[Sample]:
    """The samples of a page, in order; comments, timestamps and exemplars are passed over.

    The format is Prometheus' text exposition format 0.0.4, and OpenMetrics 1.0 as far as samples
    are written alike.

    Raises:
        NotMetrics: a line is neither a sample nor a comment.
    """
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield _sample(stripped)


def _sample(line: str) -> Sample:
    match = _SAMPLE.fullmatch(line)
    if match is None:
        raise NotMetrics(f"not a sample of Prometheus' text format: {line[:80]!r}")
    name, labels, value = match.groups()
    try:
        return Sample(name=name, labels=dict(_labels(labels or "", line)), value=float(value))
    except ValueError:
        raise NotMetrics(f"not a sample of Prometheus' text format: {line[:80]!r}") from None


def _labels(text: str, line: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        match = _LABEL.match(text, place)
        if match is None:
            raise NotMetrics(f"labels that cannot be read: {line[:80]!r}")
        yield match[1], _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), match[2])
        place = match.end()
