"""Requests as long as recorded ones, sharing what those shared."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.benchmark.trace import TrafficTrace
from modelforge.benchmark.words import NUMBERS, words
from modelforge.benchmark.workload import Ask
from modelforge.core.draw import mixed
from modelforge.core.numbers import require_count
from modelforge.core.prompt import Message, Prompt


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceLengths:
    """Made-up text of the recorded lengths, answers of exactly the recorded lengths.

    A block id stands for one text of ``trace.block_tokens`` tokens, cut where the prompt ends:
    prompts that begin with the same ids begin with the same text, and a server's prefix cache finds
    what it would have found. What has no block id is a text of the request's own. Lengths of 0 are
    asked as 1. After the last row it goes on from the first, with other texts.

    Raises:
        UsageError: the seed is negative.
    """

    trace: TrafficTrace
    seed: int = 0

    def __post_init__(self) -> None:
        require_count("the seed", self.seed, 0)

    def ask(self, index: int) -> Ask:
        """Request ``index``: row ``index`` modulo the number of rows."""
        row = self.trace.rows[index % len(self.trace.rows)]
        tokens = max(row.input_tokens, 1)
        return Ask(
            prompt=Prompt(messages=(Message(role="user", content=self._text(index)),)),
            source=self.trace.name,
            max_tokens=max(row.output_tokens, 1),
            ignore_eos=True,
            input_tokens=tokens,
        )

    def follow_up(self, index: int, asked: Ask, answer: str) -> None:
        """Nothing follows."""

    def _text(self, index: int) -> str:
        around, place = divmod(index, len(self.trace.rows))
        row, size = self.trace.rows[place], self.trace.block_tokens
        rest, parts, salt = max(row.input_tokens, 1), [], mixed(around)
        for block in row.blocks:
            if not rest:
                break
            tokens = min(size, rest)
            parts.append(words(self.seed).text(mixed(block ^ salt) % NUMBERS, tokens))
            rest -= tokens
        if rest:
            parts.append(words(self.seed).text(index, rest))
        return " ".join(parts)
