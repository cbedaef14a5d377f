"""Which beginnings of prompts were seen before."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

BLOCK_TOKENS: Final = 16


class PrefixCache:
    """Blocks of 16 tokens, each known by itself and all before it, as vLLM keeps them.

    Holds the ``capacity_blocks`` blocks that were used last.
    """

    def __init__(self, capacity_blocks: int = 65_536) -> None:
        self._capacity_blocks = capacity_blocks
        self._blocks: OrderedDict[int, None] = OrderedDict()

    def use(self, prompt: str) -> int:
        """How many leading tokens of ``prompt`` were seen before; from now on all whole blocks are.

        The last token is never cached: it has to be read for the first one to be written.
        """
        words = prompt.split()
        known, unbroken, chain = 0, True, 0
        for start in range(0, len(words) - BLOCK_TOKENS, BLOCK_TOKENS):
            chain = hash((chain, *words[start : start + BLOCK_TOKENS]))
            unbroken = unbroken and chain in self._blocks
            known += BLOCK_TOKENS * unbroken
            self._blocks[chain] = None
            self._blocks.move_to_end(chain)
        while len(self._blocks) > self._capacity_blocks:
            self._blocks.popitem(last=False)
        return known
