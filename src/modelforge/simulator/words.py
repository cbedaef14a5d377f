"""What simulated answers are made of, and how tokens are counted.

The rule, for prompts and answers alike: a token is a word between white space. An answer of ``n``
tokens therefore has ``n`` words and counts ``n`` when it comes back as a prompt.
"""

from __future__ import annotations

from typing import Final

_VOCABULARY: Final = (
    "time river stone light number garden window paper engine morning signal bridge letter"
    " mountain answer copper season harbor table forest method silver island question winter"
    " pattern candle market ocean street mirror valley thread planet orange winner shadow canyon"
    " copy meadow rocket summer basket anchor pepper violet tunnel castle lantern marble feather"
    " compass cotton velvet thunder saddle pocket ribbon timber glacier beacon hollow cactus"
    " prairie"
)
WORDS: Final = tuple(_VOCABULARY.split())
"""64 words, all different; a stride that is odd visits every one of them."""


def count_tokens(text: str) -> int:
    """How many tokens ``text`` is."""
    return len(text.split())


def word_at(first: int, stride: int, index: int) -> int:
    """Which word is token ``index`` of an answer that begins with ``first``."""
    return (first + stride * index) % len(WORDS)


def text_of(first: int, stride: int, count: int) -> str:
    """The first ``count`` tokens of an answer as text."""
    return " ".join(WORDS[word_at(first, stride, index)] for index in range(count))
