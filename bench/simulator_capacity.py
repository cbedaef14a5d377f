"""How many streams the simulator holds on one core, and how near to their plan it writes.

    python -m bench.simulator_capacity [--streams 1000] [--itl-ms 20] [--seconds 20] [--api NAME]

The server runs on core 0, a client that only counts bytes on core 1, each its own process. The
streams begin spread over two seconds and each runs for the whole time; the figures are the
server's own truth, and the client's count of events must agree with it. Needs Linux and two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from modelforge.core.event_loop import new_event_loop

SERVER_CPU, CLIENT_CPU = 0, 1
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
EVENTS_AROUND = {"openai": 3, "anthropic": 6}
"""What a stream has beside its tokens: role, end, [DONE]; or message_start to message_stop."""
RAMP_S = 2.0
TTFT_MS = 100


class Counter(asyncio.Protocol):
    """Sends one request and counts the events of its answer."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.events = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.events += data.count(b"data: ")
        if data.endswith(b"0\r\n\r\n"):
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        self.done.set_result(None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--itl-ms", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--api", choices=list(PATHS), default="openai")
    parser.add_argument("--url", help=argparse.SUPPRESS)  # the client's process is told it
    arguments = parser.parse_args()
    tokens = int(arguments.seconds * 1000 / arguments.itl_ms)
    if arguments.url:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            print(runner.run(load(arguments.url, arguments.streams, tokens, arguments.api)))
        return
    with server(arguments.itl_ms) as (base_url, process):
        cpu_before_s, began_s = cpu_s(process.pid), time.monotonic()
        counted = client(base_url, arguments)
        took_s = time.monotonic() - began_s
        used_s = cpu_s(process.pid) - cpu_before_s
        with urllib.request.urlopen(f"{base_url.removesuffix('/v1')}/truth") as answer:  # noqa: S310 (http)
            truth = json.load(answer)["models"]["steady"]
    expected = truth["completion_tokens"] + EVENTS_AROUND[arguments.api] * truth["requests"]
    report(truth, counted, expected, streams=arguments.streams, took_s=took_s, used_s=used_s)


@contextmanager
def server(itl_ms: float) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = ["taskset", "-c", str(SERVER_CPU), "modelforge", "sim", "serve", "--quiet"]
    command += ["--profile", "steady", "--port", "0"]
    command += ["--ttft", f"{TTFT_MS}ms", "--itl", f"{itl_ms}ms"]
    command += ["--tokens", "131072"]  # more than max_tokens, which of one API is but a limit
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.terminate()
        process.wait()


def client(base_url: str, arguments: argparse.Namespace) -> int:
    """The events that a client in another process, on the other core, has counted."""
    command = ["taskset", "-c", str(CLIENT_CPU), sys.executable, "-m", "bench.simulator_capacity"]
    command += ["--url", base_url, "--streams", str(arguments.streams)]
    command += ["--itl-ms", str(arguments.itl_ms), "--seconds", str(arguments.seconds)]
    command += ["--api", arguments.api]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout)


async def load(base_url: str, streams: int, tokens: int, api: str) -> int:
    host, _, port = base_url.removeprefix("http://").removesuffix("/v1").rpartition(":")
    body = json.dumps(
        {
            "model": "steady",
            "stream": True,
            "max_tokens": tokens,
            "messages": [{"role": "user", "content": "Count for as long as you can."}],
        }
    ).encode()
    head = f"POST {PATHS[api]} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
    request = head.encode() + b"\r\n" + body
    loop = asyncio.get_running_loop()
    counters = []
    began_s = time.monotonic()
    for number in range(streams):
        wait_s = began_s + RAMP_S * number / streams - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        _, counter = await loop.create_connection(lambda: Counter(request), host, int(port))
        counters.append(counter)
    await asyncio.gather(*(counter.done for counter in counters))
    return sum(counter.events for counter in counters)


def cpu_s(pid: int) -> float:
    """What a process has used, on Linux."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 (a file of the kernel)
        fields = file.read().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(
    truth: dict[str, Any],
    counted: int,
    expected: int,
    *,
    streams: int,
    took_s: float,
    used_s: float,
) -> None:
    itl, off = truth["itl_ms"], truth["write_deviation_ms"]
    print(
        f"{streams} streams, {truth['completion_tokens']} tokens in {took_s:.1f} s "
        f"({truth['completion_tokens'] / took_s:.0f}/s); server CPU {used_s / took_s:.0%} of a core"
    )
    print(f"outcomes: {truth['outcomes']}; client counted {counted} of {expected} events")
    print(
        f"written - planned, ms: p50 {off['p50']:.3f}  p99 {off['p99']:.3f}  max {off['max']:.3f}"
    )
    print(f"ITL, ms: mean {itl['mean']:.3f}  p50 {itl['p50']:.3f}  p99 {itl['p99']:.3f}")
    if counted != expected or truth["outcomes"] != {"completed": streams}:
        sys.exit("not every stream was answered whole")


if __name__ == "__main__":
    main()
