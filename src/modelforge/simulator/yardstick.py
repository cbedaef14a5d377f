"""``python -m modelforge.simulator.yardstick``: what a client is measured against, in one process.

Prints two URLs for an OpenAI client, one a line: of answers that are ready at once
(`modelforge.simulator.instant`), and of a `Simulator` whose model ``steady`` paces its streams and
knows when it sent each token. The end of its standard input, and so of its parent, is its own.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Final

from modelforge.core.event_loop import new_event_loop
from modelforge.simulator.distribution import Distribution
from modelforge.simulator.instant import serve_instantly
from modelforge.simulator.profile import Profile
from modelforge.simulator.server import Simulator

_SPIN_S: Final = 0.001
_SPREAD: Final = 0.2

PACED: Final = Profile(
    name="steady",
    ttft_s=Distribution(mean=0.050, spread=_SPREAD, shape="gamma"),
    itl_s=Distribution(mean=0.010, spread=_SPREAD, shape="gamma"),
)
"""What the moments of a client are compared with."""


async def _serve() -> None:
    ended = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(ended), sys.stdin.buffer)
    server, instant = await serve_instantly()
    async with Simulator(PACED, spin_s=_SPIN_S) as simulator:
        sys.stdout.write(f"{instant}\n{simulator.base_url}\n")
        sys.stdout.flush()
        gc.collect()
        gc.freeze()
        await ended.read()
    server.close()


def main() -> None:
    """Serve until the parent lets go."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_serve())


if __name__ == "__main__":
    main()
