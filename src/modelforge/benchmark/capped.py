"""Answers that are cut at a limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from modelforge.benchmark.workload import Ask, Workload
from modelforge.core.numbers import require_count


@dataclass(frozen=True, kw_only=True, slots=True)
class Capped:
    """The requests of ``workload``, which says itself how long answers are; none is longer than
    ``max_tokens``.

    Raises:
        UsageError: the limit is not at least 1.
    """

    workload: Workload
    max_tokens: int

    def __post_init__(self) -> None:
        require_count("max_tokens", self.max_tokens, 1)

    def ask(self, index: int) -> Ask:
        """Request ``index``."""
        ask = self.workload.ask(index)
        if ask.max_tokens is not None and ask.max_tokens <= self.max_tokens:
            return ask
        return replace(ask, max_tokens=self.max_tokens)

    def follow_up(self, index: int, asked: Ask, answer: str) -> Ask | None:
        """The next turn, if the workload has one."""
        return self.workload.follow_up(index, asked, answer)
