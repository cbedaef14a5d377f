"""Recorded traffic: when requests came, and how long they and their answers were."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelforge.benchmark.arrivals import Trace
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_count
from modelforge.core.token_counts import MOST_TOKENS


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceRow:
    """One recorded request.

    Attributes:
        at_s: when it came, in seconds from the recording's first request.
        input_tokens: how long the prompt was.
        output_tokens: how long the answer was.
        blocks: the ids of the prompt's blocks in order; requests with the same id at the same place
            have the same tokens there. Empty where the recording has none.

    Raises:
        UsageError: a length is not from 0 to 10,000,000.
    """

    at_s: float
    input_tokens: int
    output_tokens: int
    blocks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name, tokens in (("input", self.input_tokens), ("output", self.output_tokens)):
            require_count(f"the {name} length", tokens, 0)
            if tokens > MOST_TOKENS:
                raise UsageError(f"the {name} length must be at most {MOST_TOKENS}, not {tokens}")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrafficTrace:
    """Recorded requests in the order of their times.

    ``block_tokens`` is the length of a block: 512 in Mooncake's traces.

    Raises:
        UsageError: there is no row, or ``block_tokens`` is below 1.
    """

    rows: tuple[TraceRow, ...] = field(repr=False)
    block_tokens: int = 512
    name: str = "trace"

    def __post_init__(self) -> None:
        require_count("the tokens of a block", self.block_tokens, 1)
        if not self.rows:
            raise UsageError(f"{self.name}: there is no request in it")

    def arrivals(self, *, speed_up: float = 1.0) -> Trace:
        """The moments of its requests.

        Raises:
            UsageError: the speed-up is not from 1e-6 to 1e6.
        """
        return Trace(times_s=tuple(row.at_s for row in self.rows), speed_up=speed_up)
