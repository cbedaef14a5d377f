"""Requests that are made up, of exactly so many tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from modelforge.benchmark.words import words
from modelforge.benchmark.workload import Ask
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between, require_count
from modelforge.core.prompt import Message, Prompt
from modelforge.core.token_counts import TokenCounts

_SHARED: Final = 0x5A3C96B178D4E2F  # the number of the text that prompts share


@dataclass(frozen=True, kw_only=True, slots=True)
class Synthetic:
    """Prompts of made-up text.

    The text of each prompt is ``input_tokens`` common English words, one space between two. Each
    of the words is one token in the usual tokenizers, so that the text is exactly so many tokens.
    A server adds the marks of its chat template, and a tokenizer of another kind counts otherwise:
    what a report states is the server's own count.

    All prompts differ from the first words on, save for the first ``shared_prefix`` of each (a
    fraction, rounded to whole tokens), which is the same text for all. Prompts shorter than six
    tokens are too short to be all different. ``output_tokens`` asks for answers of exactly that
    many; None leaves their length to the server. Another ``seed`` gives other texts.

    Raises:
        UsageError: the shared prefix is not from 0 to 1, or the seed is negative.
    """

    input_tokens: TokenCounts
    output_tokens: TokenCounts | None = None
    shared_prefix: float = 0.0
    seed: int = 0
    source: str = "synthetic"

    def __post_init__(self) -> None:
        require_between("the shared prefix", self.shared_prefix, 0, 1)
        require_count("the seed", self.seed, 0)

    @classmethod
    def parse(cls, text: str, *, shared_prefix: float = 0.0, seed: int = 0) -> Synthetic:
        """Read ``IN:OUT`` or ``IN``, such as ``512:128`` or ``uniform(100,200):normal(128,32)``.

        Raises:
            UsageError: it is neither.
        """
        spelled = text.split(":")
        if len(spelled) > 2:  # noqa: PLR2004 (IN and OUT)
            raise UsageError(f"{text!r} is not IN:OUT, such as 512:128")
        counts = [TokenCounts.parse(part) for part in spelled]
        return cls(
            input_tokens=counts[0],
            output_tokens=counts[1] if len(counts) > 1 else None,
            shared_prefix=shared_prefix,
            seed=seed,
        )

    def ask(self, index: int) -> Ask:
        """Request ``index``; two of them have the same text only if all of it is shared."""
        seed, output = self.seed, self.output_tokens
        tokens = self.input_tokens.at(index, seed=seed, purpose="input")
        shared = round(self.shared_prefix * tokens)
        parts = []
        if shared:
            parts.append(words(seed).text(_SHARED, shared))
        if tokens > shared:
            parts.append(words(seed).text(index, tokens - shared))
        return Ask(
            prompt=Prompt(messages=(Message(role="user", content=" ".join(parts)),)),
            source=self.source,
            max_tokens=None if output is None else output.at(index, seed=seed, purpose="output"),
            ignore_eos=output is not None,
            input_tokens=tokens,
        )

    def follow_up(self, index: int, asked: Ask, answer: str) -> None:
        """Nothing follows."""
