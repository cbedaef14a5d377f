"""Traffic that is planned: how many requests, of how many tokens, when."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, replace
from datetime import date, timedelta
from typing import Final

from modelforge.core.errors import ScenarioError
from modelforge.core.token_counts import MOST_TOKENS, TokenCounts
from modelforge.core.token_percentiles import TokenPercentiles
from modelforge.cost.request_sample import HOURS_OF_A_WEEK, RequestSample

TokenLaw = TokenCounts | TokenPercentiles

DAYS_OF_A_MONTH: Final = 30
"""A month of a projection; the last one may be shorter."""

_MOST_REQUESTS: Final = 1e12
_MOST_DAYS: Final = 3660
_HOURS: Final = (0, 24, HOURS_OF_A_WEEK)


@dataclass(frozen=True)
class CostScenario:
    """Traffic over some days.

    Tokens are ``avg_prompt_tokens`` and ``avg_completion_tokens`` in every request, unless
    ``prompt_tokens`` and ``completion_tokens`` give their distributions, or ``requests`` the
    measured ones: then the averages are those.

    Attributes:
        prompts_per_day: requests on a day of the first month.
        days: how long; a month is 30 of them.
        cache_hit_rate: the share of the prompt tokens that is read from the provider's cache.
        cache_write_rate: the share that is written to it; some providers charge more for it.
        batch_share: the share of the requests that may wait, and goes through a batch interface.
        growth_per_month: 0.1: each month has 10 % more requests than the one before.
        retries: requests sent and billed again, as a share of all: 0.02 are 2 in 100.
        hours: how requests spread over the day (24 weights) or the week (168, Monday first), in
            UTC; empty: evenly. It matters where a price depends on the time of the day.
        start: the first day; None: today, as whoever projects it says.

    Raises:
        ScenarioError: a value makes no sense.
    """

    name: str
    prompts_per_day: float
    avg_prompt_tokens: float
    avg_completion_tokens: float
    days: int = 30
    _: KW_ONLY
    prompt_tokens: TokenLaw | None = None
    completion_tokens: TokenLaw | None = None
    requests: RequestSample | None = None
    cache_hit_rate: float = 0.0
    cache_write_rate: float = 0.0
    batch_share: float = 0.0
    growth_per_month: float = 0.0
    retries: float = 0.0
    hours: tuple[float, ...] = ()
    start: date | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ScenarioError("a scenario needs a name")
        self._require("prompts_per_day", self.prompts_per_day, 0, _MOST_REQUESTS)
        if not self.prompts_per_day:
            raise self._error("prompts_per_day is 0: without requests there is nothing to project")
        for name in ("avg_prompt_tokens", "avg_completion_tokens"):
            self._require_tokens(name)
        if type(self.days) is not int or not 1 <= self.days <= _MOST_DAYS:
            raise self._error(f"days must be whole, from 1 to {_MOST_DAYS}, not {self.days!r}")
        for name in ("cache_hit_rate", "cache_write_rate", "batch_share"):
            self._require(name, getattr(self, name), 0, 1)
        if self.cache_hit_rate + self.cache_write_rate > 1:
            raise self._error("cache_hit_rate and cache_write_rate are more than the whole prompt")
        self._require("growth_per_month", self.growth_per_month, -1, 10)
        self._require("retries", self.retries, 0, 10)
        self._require_hours()
        if self.requests is not None:
            self._require_measured()

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CostScenario) and self.digest == other.digest

    @property
    def digest(self) -> str:
        """A fingerprint of everything that a projection depends on; the name is none of it."""
        told = hashlib.sha256()
        for part in (
            *(self.prompts_per_day, self.avg_prompt_tokens, self.avg_completion_tokens, self.days),
            *(self.prompt_tokens, self.completion_tokens, self.cache_hit_rate),
            *(self.cache_write_rate, self.batch_share, self.growth_per_month, self.retries),
            *(self.hours, self.start),
        ):
            told.update(f"{part!r};".encode())
        sample = self.requests
        if sample is not None:
            for column in ("prompt", "completion", "cached", "written", "reasoning", "weights"):
                told.update(getattr(sample, column).tobytes())
        return told.hexdigest()

    @property
    def months(self) -> tuple[float, ...]:
        """The billed requests of each month, retries included."""
        return tuple(
            self.prompts_per_day * days * (1 + self.growth_per_month) ** month * (1 + self.retries)
            for month, days in enumerate(self.month_days)
        )

    @property
    def month_days(self) -> tuple[int, ...]:
        """The days of each month."""
        whole, rest = divmod(self.days, DAYS_OF_A_MONTH)
        return (*(DAYS_OF_A_MONTH,) * whole, *((rest,) if rest else ()))

    @property
    def total_requests(self) -> float:
        """All billed requests."""
        return sum(self.months)

    @property
    def effective_requests(self) -> float:
        """How many independent requests the bill's uncertainty is that of.

        Of a law that is known, all of the N that are billed; of n measured requests the law itself
        is only known as well as they tell: σ²/n + σ²/N is the variance of n·N / (n + N) draws.
        """
        total = self.total_requests
        if self.requests is None:
            return max(total, 1.0)
        rows = self.requests.prompt.size
        return rows * total / (rows + total)

    def interval_at(self, factor: float) -> float:
        """How wide the interval is, as a share of the bill, at ``factor`` times the traffic: so
        many times as wide as it is now.
        """
        then = replace(self, prompts_per_day=self.prompts_per_day * factor)
        return math.sqrt(self.effective_requests / then.effective_requests)

    def month_starts(self, today: date) -> Iterator[date]:
        """The first day of each month."""
        first = self.start or today
        for month in range(len(self.month_days)):
            yield first + timedelta(days=DAYS_OF_A_MONTH * month)

    def _error(self, problem: str) -> ScenarioError:
        return ScenarioError(f"scenario {self.name!r}: {problem}")

    def _require(self, name: str, value: float, low: float, high: float) -> None:
        number: object = value  # whatever a caller without types gives
        if (
            isinstance(number, bool)
            or not isinstance(number, int | float)
            or not low <= number <= high
        ):
            raise self._error(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")

    def _require_tokens(self, name: str) -> None:
        value = getattr(self, name)
        self._require(name, value, 0, MOST_TOKENS)
        drawn = self.requests is not None or (
            self.prompt_tokens if name == "avg_prompt_tokens" else self.completion_tokens
        )
        if not drawn and value != int(value):
            raise self._error(
                f"{name} must be whole tokens, not {value!r}; a spread is a distribution, such as"
                f" lognormal({round(value)},{max(1, round(value / 2))})"
            )

    def _require_hours(self) -> None:
        if len(self.hours) not in _HOURS:
            raise self._error(f"hours are 24 or 168 weights, not {len(self.hours)}")
        for weight in self.hours:
            self._require("a weight of hours", weight, 0, 1e12)
        if self.hours and not sum(self.hours):
            raise self._error("every weight of hours is 0: no request is ever sent")

    def _require_measured(self) -> None:
        if self.prompt_tokens is not None or self.completion_tokens is not None:
            raise self._error("requests are measured: leave the distributions out")
        if self.cache_hit_rate or self.cache_write_rate:
            raise self._error(
                "cache_hit_rate replaces what was measured: leave it out, or give the tokens as"
                " numbers or distributions"
            )
