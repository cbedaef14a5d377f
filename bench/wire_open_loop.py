"""How late requests of an open loop are sent, and whether their arrivals are what was asked for.

python -m bench.wire_open_loop --base-url http://127.0.0.1:9100/v1 [--rate 500] [--seconds 30]

Beside the constant arrivals stands a process in C that only sleeps until each of the same moments
(``floor.c``): it is as regular as the machine's timer. The coefficient of variation (CV) of the
gaps is shown a second time with lags cut at 1 ms: stalls are told apart from what the client does
all the time. ``--witness`` tells whose the stalls are: on every core a process that only sleeps
until each millisecond says when it was kept from running for more than 1 ms.
"""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from time import monotonic_ns
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.floor import Floor, floor
from bench.wire_run import run
from modelforge.benchmark.arrivals import Arrivals, Constant, Poisson
from modelforge.benchmark.load import Limits, OpenLoop
from modelforge.benchmark.telemetry import Telemetry

if TYPE_CHECKING:
    import pyarrow as pa

_STALL_S = 0.001


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--witness", action="store_true", help="tell whose the stalls are")
    arguments = parser.parse_args()
    rate = arguments.rate
    kinds: tuple[Arrivals, ...] = (Poisson(rate=rate), Constant(rate=rate))
    with floor() as bare:
        for arrivals in kinds:
            for workers in (1, 2, 4):
                constant = bare if isinstance(arrivals, Constant) else None
                measure(
                    arguments.base_url,
                    arrivals,
                    seconds=arguments.seconds,
                    workers=workers,
                    witnesses=constant if arguments.witness else None,
                )
                if constant is not None:
                    alone = constant.timer(rate=rate, seconds=arguments.seconds)
                    print(
                        f"{'':9}a timer alone: lag p99 {alone['lag_p99']:.3f} ms,"
                        f" CV of gaps {alone['cv']:.4f}"
                    )


def measure(
    base_url: str,
    arrivals: Arrivals,
    *,
    seconds: float,
    workers: int,
    witnesses: Floor | None = None,
) -> None:
    clock = Clock()
    beside = nullcontext(None) if witnesses is None else witnesses.witnesses()
    with beside as stalls:
        ran = run(
            base_url,
            OpenLoop(arrivals=arrivals),
            Limits(duration_s=seconds),
            tokens=20,
            workers=workers,
            on_batch=clock.take,
        )
    phase = ran.table["phase"].to_numpy()
    due_s, sent_s = (ran.table[name].to_numpy()[phase > 0] / 1e9 for name in ("due_ns", "sent_ns"))
    counts = np.histogram(sent_s, bins=np.arange(0, seconds + 1e-9, 0.02))[0]
    shape = f"dispersion of counts in 20 ms {counts.var() / counts.mean():.3f}"
    witnessed = ""
    if isinstance(arrivals, Constant):
        late = sent_s - due_s > _STALL_S
        cut = variation(np.where(late, due_s + _STALL_S, sent_s))
        shape = f"CV of gaps {variation(sent_s):.4f}, {cut:.4f} with {late.sum()} lags cut at 1 ms"
        if stalls is not None:
            kept = late & clock.within(stalls, due_s, sent_s)
            rest = variation(np.where(kept, due_s + _STALL_S, sent_s))
            witnessed = (
                f"{kept.sum()} of {late.sum()} such lags while a process that only sleeps was"
                f" held up too, CV {rest:.4f} with those cut"
            )
    print(
        f"{type(arrivals).__name__.lower():8} {workers} workers: {len(sent_s)} requests,"
        f" schedule lag p99 {ran.result.schedule_lag_ms.p99 or 0:.3f} ms, {shape},"
        f" {ran.result.verdict.status}"
    )
    if witnessed:
        print(f"{'':9}{witnessed}")


class Clock:
    """When the run began on the monotonic clock: workers say how long ago that is."""

    def __init__(self) -> None:
        self._start_ns: int | None = None

    def take(self, _batch: pa.RecordBatch, telemetry: bytes) -> None:
        """Hear a worker: the word that came in fastest is the nearest to the truth."""
        said = Telemetry.from_json(telemetry)
        if said.at_ns is not None:
            start_ns = monotonic_ns() - said.at_ns
            self._start_ns = min(self._start_ns or start_ns, start_ns)

    def within(
        self,
        stalls: list[tuple[int, int]],
        since_s: NDArray[np.float64],
        until_s: NDArray[np.float64],
    ) -> NDArray[np.bool_]:
        """Which of these spans overlap with a stall."""
        found = np.zeros(since_s.size, dtype=bool)
        for due_ns, woken_ns in stalls:
            began_s, ended_s = (
                (at_ns - (self._start_ns or 0)) / 1e9 for at_ns in (due_ns, woken_ns)
            )
            found |= (since_s < ended_s) & (until_s > began_s)
        return found


def variation(sent_s: NDArray[np.float64]) -> float:
    """The coefficient of variation of the gaps between moments."""
    gaps = np.diff(np.sort(sent_s))
    return float(gaps.std() / gaps.mean())


if __name__ == "__main__":
    main()
