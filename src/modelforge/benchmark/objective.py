"""What a load must hold: a share of its requests within limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from modelforge.benchmark.slo import Slo
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between

_SHARE: Final = re.compile(r"p(\d{1,2}(?:\.\d+)?)", re.ASCII)
_DEFAULT_SHARE: Final = 0.99
_LEAST_SHARE, _MOST_SHARE = 0.01, 0.9999


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """At least ``share`` of the requests, failed ones included, meet every limit of ``slo``.

    With one limit this is a quantile: ``ttft=500ms@p99`` holds exactly when the 99th percentile of
    the TTFT is at most 500 ms. With several it is their joint share, the attainment of DistServe
    (Zhong et al., OSDI 2024): stricter than each limit alone.

    Raises:
        UsageError: the share is not from 0.01 to 0.9999, or there is no limit.
    """

    slo: Slo
    share: float = _DEFAULT_SHARE

    def __post_init__(self) -> None:
        require_between("the share that meets the SLO", self.share, _LEAST_SHARE, _MOST_SHARE)
        if not any(self.slo.limits_ms()):
            raise UsageError("an SLO needs a limit, as in ttft=500ms@p99")

    @classmethod
    def parse(cls, text: str) -> Objective:
        """``ttft=500ms@p99,itl=50ms``: limits, and once or more the one share as a percentile.

        Without ``@`` it is p99.

        Raises:
            UsageError: it is not that, or names two different shares.
        """
        limits, shares = [], set()
        for part in text.split(","):
            limit, at, quantile = part.partition("@")
            limits.append(limit)
            if at:
                match = _SHARE.fullmatch(quantile.strip())
                if match is None:
                    raise UsageError(f"SLO {part.strip()!r}: after @ stands a percentile, as p99")
                shares.add(float(match[1]) / 100)
        if len(shares) > 1:
            raise UsageError(
                f"SLO {text!r}: the limits hold together, so they share one percentile"
            )
        return cls(
            slo=Slo.parse(",".join(limits)), share=shares.pop() if shares else _DEFAULT_SHARE
        )

    @property
    def description(self) -> str:
        """As it is written, for a report."""
        limits = ",".join(f"{name}={ms:g}ms" for name, ms in self.slo.limits_ms())
        return f"{limits}@p{self.share * 100:g}"

    def probe_s(self, tolerance: float) -> float:
        """How long a probe must last, seconds, to find the edge within ``tolerance``.

        At ``1 + e`` times its capacity a server falls behind by ``e`` seconds a second, so that the
        wait passes a limit ``L`` after ``L / e``: a shorter probe finds a server to hold what it
        could not hold for long. Twice that for half the tolerance.
        """
        longest_ms = max(ms for _, ms in self.slo.limits_ms())
        return 2 * longest_ms / 1000 / tolerance
