"""How late requests of an open loop are sent, and whether their arrivals are what was asked for.

python -m bench.wire_open_loop --base-url http://127.0.0.1:9100/v1 [--rate 500] [--seconds 30]

Beside the constant arrivals stands a process in C that only sleeps until each of the same moments
(``floor.c``): it is as regular as the machine's timer. The coefficient of variation (CV) of the
gaps is shown a second time with lags cut at 1 ms: stalls that the machine makes are told apart from
what the client does all the time.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from bench.floor import floor
from bench.wire_run import run
from modelforge.benchmark.arrivals import Arrivals, Constant, Poisson
from modelforge.benchmark.load import Limits, OpenLoop

STALL_S = 0.001


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    rate = arguments.rate
    kinds: list[tuple[str, Arrivals]] = [
        ("poisson", Poisson(rate=rate)),
        ("constant", Constant(rate=rate)),
    ]
    with floor() as bare:
        for name, arrivals in kinds:
            for workers in (1, 2, 4):
                measure(arguments.base_url, name, arrivals, arguments.seconds, workers)
                if bare is not None and name == "constant":
                    alone = bare.timer(rate=rate, seconds=arguments.seconds)
                    print(
                        f"{'':9}a timer alone: lag p99 {alone['lag_p99']:.3f} ms,"
                        f" CV of gaps {alone['cv']:.4f}"
                    )


def measure(base_url: str, name: str, arrivals: Arrivals, seconds: float, workers: int) -> None:
    limits = Limits(duration_s=seconds)
    ran = run(base_url, OpenLoop(arrivals=arrivals), limits, tokens=20, workers=workers)
    phase = ran.table["phase"].to_numpy()
    due_s, sent_s = (ran.table[name].to_numpy()[phase > 0] / 1e9 for name in ("due_ns", "sent_ns"))
    counts = np.histogram(sent_s, bins=np.arange(0, seconds + 1e-9, 0.02))[0]
    shape = f"dispersion of counts in 20 ms {counts.var() / counts.mean():.3f}"
    if isinstance(arrivals, Constant):
        late = int(np.sum(sent_s - due_s > STALL_S))
        cut = variation(np.minimum(sent_s, due_s + STALL_S))
        shape = f"CV of gaps {variation(sent_s):.4f}, {cut:.4f} with {late} lags cut at 1 ms"
    print(
        f"{name:8} {workers} workers: {len(sent_s)} requests, schedule lag p99 "
        f"{ran.result.schedule_lag_ms.p99 or 0:.3f} ms, {shape}, {ran.result.verdict.status}"
    )


def variation(sent_s: NDArray[np.float64]) -> float:
    """The coefficient of variation of the gaps between moments."""
    gaps = np.diff(np.sort(sent_s))
    return float(gaps.std() / gaps.mean())


if __name__ == "__main__":
    main()
