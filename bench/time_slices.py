"""What short slices do for a process that only sleeps until each of 500 moments a second.

    python -m bench.time_slices [--rounds 10] [--seconds 6] [--cpu 1]

With the slices that a worker asks for, and with those that the system gives, in turn. Needs Linux
6.12 and a C compiler.
"""

from __future__ import annotations

import argparse
import os
import sys
from statistics import median
from typing import Final

from bench.floor import floor

_RATE: Final = 500
_ASKED: Final = 0.05
"""The coefficient of variation of the gaps below which arrivals count as constant."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--cpu", type=int, default=1, help="the core that it may use")
    arguments = parser.parse_args()
    if sys.platform == "linux":
        os.sched_setaffinity(0, {arguments.cpu})
    found: dict[bool, list[float]] = {True: [], False: []}
    with floor() as bare:
        if bare is None:
            sys.exit("this needs Linux and a C compiler (cc)")
        for _ in range(arguments.rounds):
            for short, seen in found.items():
                timed = bare.timer(rate=_RATE, seconds=arguments.seconds, short_slices=short)
                seen.append(timed["cv"])
    for short, seen in found.items():
        print(
            f"{'short' if short else 'usual'} slices: CV of gaps {median(seen):.4f} (median),"
            f" {min(seen):.4f} to {max(seen):.4f},"
            f" below {_ASKED} in {sum(cv < _ASKED for cv in seen)} of {len(seen)}"
        )


if __name__ == "__main__":
    main()
