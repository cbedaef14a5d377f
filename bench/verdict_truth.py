"""Disturb the client in ways that are known and see that its verdict says so; leave it in peace and
see that it says nothing.

    python -m bench.verdict_truth [--clean 30] [--each 3] [--seconds 3]

Real commands against servers of this machine: `modelforge.simulator.yardstick`, on the first core.
Disturbances, each repeated ``--each`` times: the worker, or the command, is stopped for 200 ms; a
busy process is pinned to the client's core; one core has a load that needs two, as more arrivals
than it can send, as more streams than it can read, and as two workers on one core. Needs Linux,
taskset and two cores. Ends with 1 where a disturbed run is VALID or a clean one is not.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).parent / "modelforge")
SERVER_CORE, CLIENT_CORE = 0, 1
STOP_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of run, and what is done to it.

    Attributes:
        load: options of the command.
        instant: asked of the answers that are ready at once; else of the paced ones.
        pinned: the client has one core.
        disturb: called with the command's process once it measures.
    """

    name: str
    load: tuple[str, ...]
    instant: bool = False
    pinned: bool = True
    hogs: int = 0
    disturb: Callable[[subprocess.Popen[str]], None] | None = None


def workers_of(pid: int) -> list[int]:
    """The worker processes of a command."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"modelforge.wire.worker_main" in command and int(parent) == pid:
            found.append(int(folder.name))
    return found


def stop_worker(process: subprocess.Popen[str]) -> None:
    """Stop a worker for `STOP_S`."""
    (worker, *_) = workers_of(process.pid)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(STOP_S)
    os.kill(worker, signal.SIGCONT)


def stop_command(process: subprocess.Popen[str]) -> None:
    """Stop the command itself, and not its workers."""
    process.send_signal(signal.SIGSTOP)
    time.sleep(STOP_S)
    process.send_signal(signal.SIGCONT)


PACED = ("--rate", "100")
CLEAN = (
    Case(name="8 clients that wait", load=("-c", "8"), pinned=False),
    Case(name="100 requests/s, Poisson", load=PACED, pinned=False),
    Case(name="100 requests/s, constant", load=(*PACED, "--arrival", "constant"), pinned=False),
    Case(name="64 clients, 2 workers", load=("-c", "64", "--workers", "2"), pinned=False),
    Case(name="one client", load=("-c", "1"), pinned=False),
)
DISTURBED = (
    Case(name="worker stopped for 200 ms", load=PACED, disturb=stop_worker),
    Case(name="the same, 64 clients", load=("-c", "64"), disturb=stop_worker),
    Case(name="command stopped for 200 ms", load=PACED, disturb=stop_command),
    Case(name="a hog on its core, 100 requests/s", load=PACED, hogs=1),
    Case(name="a hog on its core, 64 clients", load=("-c", "64"), hogs=1),
    Case(name="three hogs on its core, 8 clients", load=("-c", "8"), hogs=3),
    Case(name="100,000 requests/s to send", load=("--rate", "100000"), instant=True),
    Case(name="256 streams to read at once", load=("-c", "256"), instant=True),
    Case(
        name="two busy workers on one core",
        load=("-c", "256", "--workers", "2"),
        instant=True,
    ),
)


@dataclass
class Tally:
    """What became of the runs of a case."""

    statuses: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)

    def add(self, verdict: dict[str, Any]) -> None:
        """Count a run's verdict."""
        status = verdict["status"]
        self.statuses[status] = self.statuses.get(status, 0) + 1
        for reason in verdict["reasons"]:
            code = reason["code"]
            self.codes[code] = self.codes.get(code, 0) + 1


def on(core: int) -> tuple[str, ...]:
    """What goes before a command that is to have this core alone."""
    return ("taskset", "-c", str(core))


@contextmanager
def servers() -> Iterator[tuple[str, str]]:
    """The URLs of ready and of paced answers."""
    process = subprocess.Popen(
        [*on(SERVER_CORE), sys.executable, "-P", "-m", "modelforge.simulator.yardstick"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process.stdout.readline().strip()
    finally:
        process.communicate()


@contextmanager
def hogging(count: int) -> Iterator[None]:
    """Processes that are always busy on the client's core."""
    hogs = [
        subprocess.Popen([*on(CLIENT_CORE), sys.executable, "-c", "while True: pass"])
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def run(case: Case, urls: tuple[str, str], seconds: float) -> dict[str, Any]:
    """The verdict of one run."""
    url = urls[0] if case.instant else urls[1]
    with tempfile.TemporaryDirectory() as folder, hogging(case.hogs):
        records = Path(folder) / "run.arrows"
        process = subprocess.Popen(
            [
                *(on(CLIENT_CORE) if case.pinned else ()),
                *(COMMAND, "benchmark", "target/steady", *case.load, "--prompt", "hello"),
                *("--max-tokens", "20", "--duration", f"{seconds:g}s", "--warmup", "8"),
                *("--set", f"providers.target.base_url={url}", "--records", str(records)),
                *("--cooldown", "5s", "--export", "json", "--quiet", "--allow-invalid"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        if case.disturb is not None:
            threading.Thread(target=_disturb, args=(case, process, records), daemon=True).start()
        output, _ = process.communicate()
    verdict: dict[str, Any] = json.loads(output)["verdict"]
    return verdict


def _disturb(case: Case, process: subprocess.Popen[str], records: Path) -> None:
    """Once the first records are on disk, it measures."""
    while not records.exists() or records.stat().st_size < 5000:
        time.sleep(0.02)
    assert case.disturb is not None
    case.disturb(process)


def main() -> int:
    """Run all of it and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clean", type=int, default=30, help="runs that are left in peace")
    parser.add_argument("--each", type=int, default=3, help="runs of each disturbance")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run")
    parser.add_argument("--only", choices=["clean", "disturbed"])
    asked = parser.parse_args()
    wrong = 0
    print(f"{'run':<36}{'VALID':>6}{'SUSPECT':>9}{'INVALID':>9}  reasons", flush=True)
    with servers() as urls:
        for case in (*CLEAN, *DISTURBED):
            clean = case in CLEAN
            if asked.only not in {None, "clean" if clean else "disturbed"}:
                continue
            tally = Tally()
            for _ in range(-(-asked.clean // len(CLEAN)) if clean else asked.each):
                tally.add(run(case, urls, asked.seconds))
            valid = tally.statuses.get("VALID", 0)
            wrong += sum(tally.statuses.values()) - valid if clean else valid
            counts = [tally.statuses.get(name, 0) for name in ("VALID", "SUSPECT", "INVALID")]
            told = ", ".join(f"{code} {count}" for code, count in sorted(tally.codes.items()))
            row = f"{case.name:<36}{counts[0]:>6}{counts[1]:>9}{counts[2]:>9}  {told or '-'}"
            print(row, flush=True)
    print(f"{wrong} runs are judged wrongly")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
