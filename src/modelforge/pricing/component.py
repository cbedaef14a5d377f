"""The parts of a bill: each is counted in tokens and has a rate of its own."""

from __future__ import annotations

from typing import Final, Literal

Component = Literal[
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
    "output",
    "reasoning",
    "output_audio",
]

INPUT_PARTS: Final[tuple[Component, ...]] = (
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
)
"""What is inside of the input and billed apart from it; ``input`` is the rest."""

OUTPUT_PARTS: Final[tuple[Component, ...]] = ("reasoning", "output_audio")
"""What is inside of the output and billed apart from it; ``output`` is the rest."""

COMPONENTS: Final[tuple[Component, ...]] = ("input", *INPUT_PARTS, "output", *OUTPUT_PARTS)
"""All of them, in the order of a bill's lines."""
