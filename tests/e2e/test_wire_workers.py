"""Worker processes: what they share, what they obey, and how they end."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from modelforge.benchmark.arrivals import Constant, Poisson
from modelforge.benchmark.conversation import Conversations, Script
from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import WARM_UP_FROM, ClosedLoop, Limits, Load, OpenLoop
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.summary import summarise
from modelforge.core.errors import CannotBegin
from modelforge.core.prompt import Prompt
from modelforge.wire.coordinator import Coordinator
from modelforge.wire.job import GO, Job
from modelforge.wire.process import WorkerProcess, worker_processes
from tests.support.openai_server import DEFAULT_TEXT, Connection, OpenAIServer, stream_of
from tests.support.wire import Failing, Noisy, Ran, jobs, plan_of, recorded, run, target_at

ROOT = str(Path(__file__).parents[2])


@pytest.fixture(autouse=True)
def _workers_find_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs name functions of the tests' own, and a worker does not look where it was started."""
    monkeypatch.setenv("PYTHONPATH", ROOT)


def _children() -> set[int]:
    """Of whichever thread."""
    found = Path("/proc/self/task").glob("*/children")
    return {int(pid) for children in found for pid in children.read_text().split()}


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _until(holds: Callable[[], bool], what: str) -> None:
    for _ in range(2000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError(what)


class Running:
    """A run in a thread, so that it can be disturbed."""

    def __init__(self, jobs: list[Job]) -> None:
        self._file = BytesIO()
        before = _children()
        self.coordinator = Coordinator(jobs, plan=plan_of(jobs), file=self._file)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        _until(lambda: len(_children() - before) == len(jobs), "the workers did not start")
        self.pids = sorted(_children() - before)

    def _run(self) -> None:
        self.outcome = self.coordinator.run()

    def end(self) -> Ran:
        self.thread.join(60)
        assert not self.thread.is_alive()
        return Ran(self.outcome, recorded(self._file.getvalue()))


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("open_loop", [True, False])
def test_so_many_requests_once_each(server: OpenAIServer, workers: int, *, open_loop: bool) -> None:
    load = OpenLoop(arrivals=Poisson(rate=400)) if open_loop else ClosedLoop(concurrency=5)
    limits = Limits(requests=53, warmup_requests=4)
    ran = run(jobs(target_at(server.base_url), workers, load=load, limits=limits))
    assert ran.outcome.lost == []
    measured = [row for row in ran.rows if row["phase"] == Phase.MEASURED]
    assert sorted(row["index"] for row in measured) == list(range(53))
    warm = [row["index"] for row in ran.rows if row["phase"] == Phase.WARM_UP]
    assert sorted(warm) == [WARM_UP_FROM + at for at in range(4)]
    assert {row["error"] for row in ran.rows} == {None}
    assert len(server.requests) == 57
    assert {row["worker"] for row in measured} == set(range(workers))


def test_a_worker_speaks_when_it_begins(server: OpenAIServer) -> None:
    # What it used before is in no share of a run that is over before its second word.
    limits = Limits(requests=8, warmup_requests=2)
    ran = run(jobs(target_at(server.base_url), 2, load=ClosedLoop(concurrency=2), limits=limits))
    first_sent_ns = min(row["sent_ns"] for row in ran.rows if row["phase"] == Phase.MEASURED)
    for worker in range(2):
        first, *_, last = [one for one in ran.recording.telemetry if one.worker == worker]
        assert (first.final, last.final) == (False, True)
        assert first.at_ns is not None
        assert first.at_ns <= first_sent_ns
        assert 0 < first.cpu_s < last.cpu_s


def test_a_closed_loop_asks_when_the_answer_before_is_there(server: OpenAIServer) -> None:
    rows = run(jobs(target_at(server.base_url), load=ClosedLoop(concurrency=3))).rows
    done_ns = {row["done_ns"] for row in rows}
    later = sorted(rows, key=lambda row: int(row["due_ns"]))[3:]
    assert len(later) == 17
    assert all(row["due_ns"] in done_ns and row["sent_ns"] >= row["due_ns"] for row in later)


def test_thinking_begins_when_the_answer_is_there(server: OpenAIServer) -> None:
    load = ClosedLoop(concurrency=1, think_s=0.02)
    rows = run(jobs(target_at(server.base_url), load=load)).rows
    for earlier, later in pairwise(rows):
        assert earlier["done_ns"] < later["due_ns"] <= earlier["done_ns"] + 20_000_000
        assert later["due_ns"] <= later["sent_ns"]


def test_a_turn_of_a_conversation_is_due_when_the_answer_before_is_there(
    server: OpenAIServer,
) -> None:
    workload = Conversations(scripts=(Script(turns=("one", "two", "three")),))
    made = jobs(
        target_at(server.base_url),
        load=ClosedLoop(concurrency=1),
        workload=workload,
        keep_text=True,
        limits=Limits(requests=3, warmup_requests=0),
    )
    rows = run(made).rows
    assert len(rows) == 9
    assert all(later["due_ns"] == earlier["done_ns"] for earlier, later in pairwise(rows))


def test_nobody_is_late_where_the_end_of_a_body_does_not_come() -> None:
    async def without_end(connection: Connection) -> None:
        await connection.head()
        for data in stream_of(DEFAULT_TEXT):
            await connection.chunk(data)

    with OpenAIServer(handler=without_end) as server:
        made = jobs(
            target_at(server.base_url),
            load=ClosedLoop(concurrency=1),
            limits=Limits(requests=3, warmup_requests=0),
        )
        rows = run(made).rows
    assert [row["error"] for row in rows] == [None] * 3
    for earlier, later in pairwise(rows):
        assert later["due_ns"] - earlier["done_ns"] > 300_000_000  # so long it was waited for


def test_due_times_do_not_depend_on_the_workers(server: OpenAIServer) -> None:
    load, limits = OpenLoop(arrivals=Poisson(rate=300)), Limits(requests=60, warmup_requests=0)
    due = []
    for workers in (1, 2, 3):
        ran = run(jobs(target_at(server.base_url), workers, load=load, limits=limits))
        due.append({row["index"]: row["due_ns"] for row in ran.rows})
        assert all(row["due_ns"] <= row["sent_ns"] <= row["done_ns"] for row in ran.rows)
    assert due[0] == due[1] == due[2]


@pytest.mark.parametrize("discard", [True, False])
def test_what_is_in_flight_at_the_end(server: OpenAIServer, *, discard: bool) -> None:
    limits = Limits(duration_s=0.5, warmup_requests=0, cooldown_s=20, discard_in_flight=discard)
    target = target_at(server.base_url, "slow:700")
    ran = run(jobs(target, 2, load=ClosedLoop(concurrency=6), limits=limits))
    assert len(ran.rows) == 6
    assert {row["error"] for row in ran.rows} == {"interrupted" if discard else None}
    assert not ran.outcome.messages  # what was asked for is no trouble to tell of
    if not discard:
        assert {row["phase"] for row in ran.rows} == {Phase.COOL_DOWN}


def test_a_cool_down_has_an_end(server: OpenAIServer) -> None:
    limits = Limits(duration_s=0.3, warmup_requests=0, cooldown_s=0.3)
    ran = run(jobs(target_at(server.base_url, "silent"), limits=limits))
    assert [row["error"] for row in ran.rows] == ["interrupted"] * 4


def test_a_conversation_contains_its_answers(server: OpenAIServer) -> None:
    workload = Conversations(scripts=(Script(turns=("one", "two", "three")),))
    ran = run(
        jobs(
            target_at(server.base_url, "ok"),
            2,
            workload=workload,
            keep_text=True,
            load=ClosedLoop(concurrency=2),
            limits=Limits(requests=4, warmup_requests=0),
        )
    )
    assert sorted(row["index"] for row in ran.rows) == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    last = [request for request in server.requests if request.prompt == "three"]
    assert len(last) == 4
    answered = {"role": "assistant", "content": "Hello, world."}
    for request in last:
        said = [m if m["role"] == "assistant" else m["content"] for m in request.body["messages"]]
        assert said == ["one", answered, "two", answered, "three"]


def test_an_open_loop_lasts_as_long_as_it_was_to_last(server: OpenAIServer) -> None:
    """However early its last request came: that is not broken off, and rates are over that time."""
    limits = Limits(duration_s=1.5, warmup_requests=0, discard_in_flight=True)
    target = target_at(server.base_url, "slow:30")
    ran = run(jobs(target, 2, load=OpenLoop(arrivals=Constant(rate=2)), limits=limits))
    assert [row["error"] for row in ran.rows] == [None] * 3
    windows = [told.window_ns for told in ran.recording.telemetry if told.window_ns is not None]
    assert [window[1] for window in windows] == [pytest.approx(1.5e9, abs=1e6)] * 2


def three_talks(server: OpenAIServer, model: str, *turns: str, workers: int = 1) -> Ran:
    """Three conversations of an open loop that ends with their number."""
    return run(
        jobs(
            target_at(server.base_url, model),
            workers,
            workload=Conversations(scripts=(Script(turns=turns),), think_s=0.05),
            keep_text=True,
            load=OpenLoop(arrivals=Constant(rate=50)),
            limits=Limits(requests=3, warmup_requests=0),
        )
    )


def test_an_open_loop_waits_for_its_conversations(server: OpenAIServer) -> None:
    ran = three_talks(server, "ok", "one", "two", "three", workers=2)
    assert sorted(row["index"] for row in ran.rows) == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert {row["error"] for row in ran.rows} == {None}


def test_a_conversation_that_fails_ends_an_open_loop(server: OpenAIServer) -> None:
    ran = three_talks(server, "cut", "one", "two")
    assert [row["error"] for row in ran.rows] == ["stream_cut"] * 3


def test_reasoning_is_counted_apart(server: OpenAIServer) -> None:
    (first, *_) = run(jobs(target_at(server.base_url, "reasoning"))).rows
    assert 0 < first["counted_reasoning_tokens"] < first["counted_tokens"]


def test_an_exact_length_is_asked_for_on_the_wire(server: OpenAIServer) -> None:
    workload = FixedPrompts(prompts=(Prompt.of("Hi"),), max_tokens=9, ignore_eos=True)
    run(jobs(target_at(server.base_url), workload=workload))
    body = server.requests[0].body
    assert (body["ignore_eos"], body["min_tokens"]) == (True, 9)
    assert 9 in {body.get("max_tokens"), body.get("max_completion_tokens")}


def test_a_worker_that_is_killed_is_missed_and_the_others_go_on(server: OpenAIServer) -> None:
    limits = Limits(duration_s=2.5, warmup_requests=0)
    target = target_at(server.base_url, "slow:50")
    running = Running(jobs(target, 2, limits=limits, flush_s=0.1))
    _until(lambda: len(server.requests) > 20, "nothing was asked")
    time.sleep(0.3)
    os.kill(running.pids[0], signal.SIGKILL)
    ran = running.end()
    assert len(ran.outcome.lost) == 1
    (lost,) = ran.outcome.lost
    assert {row["worker"] for row in ran.rows} == {0, 1}  # what it had sent is kept
    final = [told.worker for told in ran.recording.telemetry if told.final]
    assert final == [1 - lost]


def test_a_worker_that_is_killed_too_early_is_an_error(server: OpenAIServer) -> None:
    class Doomed(Coordinator):
        def _start(self, job: Job, process: Any) -> None:
            os.kill(process._process.pid, signal.SIGKILL)
            super()._start(job, process)

    listed = jobs(target_at(server.base_url))
    with pytest.raises(CannotBegin, match="worker 0 ended before it could begin"):
        Doomed(listed, plan=plan_of(listed), file=BytesIO()).run()


_PARENT = """
import sys
from tests.support.wire import jobs, plan_of, target_at
from modelforge.benchmark.load import Limits
from modelforge.wire.coordinator import Coordinator
listed = jobs(target_at(sys.argv[1], "slow:50"), 2, flush_s=0.1,
              limits=Limits(duration_s=60, warmup_requests=0))
with open(sys.argv[2], "wb") as file:
    Coordinator(listed, plan=plan_of(listed), file=file).run()
"""


def test_no_worker_outlives_its_parent(server: OpenAIServer, tmp_path: Path) -> None:
    file = tmp_path / "records"
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, server.base_url, str(file)])
    try:
        _until(lambda: len(server.requests) > 40, "nothing was asked")
        _until(lambda: file.stat().st_size > 10_000, "nothing was written")
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    finally:
        parent.kill()
        parent.wait()
    assert len(children) == 2
    _until(lambda: all(_gone(int(pid)) for pid in children), "a worker is still there")
    left = recorded(file.read_bytes())
    assert left.columns.num_rows > 0
    assert not any(told.final for told in left.telemetry)


def test_a_worker_whose_parent_ends_with_the_word_to_begin_asks_nothing(
    server: OpenAIServer,
) -> None:
    load = OpenLoop(arrivals=Constant(rate=100))
    limits = Limits(duration_s=3600, warmup_requests=0)
    (job,) = jobs(target_at(server.base_url), load=load, limits=limits)
    with worker_processes(1) as (process,):
        process.give(job)
        process.tell(b"%b %d" % (GO, time.monotonic_ns()))
        process.let_go()
        assert process._process.wait(60) == 0
    assert server.requests == []


def test_a_worker_that_was_stopped_shows_it(server: OpenAIServer) -> None:
    target = target_at(server.base_url, "slow:20")
    running = Running(jobs(target, limits=Limits(duration_s=2, warmup_requests=0)))
    _until(lambda: len(server.requests) > 20, "nothing was asked")
    os.kill(running.pids[0], signal.SIGSTOP)
    time.sleep(0.3)
    os.kill(running.pids[0], signal.SIGCONT)
    ran = running.end()
    assert max(told.loop_lag_ms.largest or 0 for told in ran.recording.telemetry) > 200


def test_what_was_due_is_sent_or_said_not_to_be(server: OpenAIServer) -> None:
    load, limits = OpenLoop(arrivals=Constant(rate=1000)), Limits(duration_s=1, warmup_requests=0)
    running = Running(jobs(target_at(server.base_url), load=load, limits=limits))
    _until(lambda: len(server.requests) > 20, "nothing was asked")
    os.kill(running.pids[0], signal.SIGSTOP)
    time.sleep(1.5)  # its time is up meanwhile
    os.kill(running.pids[0], signal.SIGCONT)
    ran = running.end()
    plan = replace(ran.recording.plan, open_loop=True)
    result = summarise(replace(ran.recording, plan=plan))
    assert result.total_requests < 900
    assert result.total_requests + result.unsent_requests == 1000
    assert "unsent" in {reason.code for reason in result.verdict.reasons}


def test_what_waits_for_the_loop_when_time_is_up_is_sent(server: OpenAIServer) -> None:
    load, limits = OpenLoop(arrivals=Constant(rate=100)), Limits(duration_s=1, warmup_requests=0)
    running = Running(jobs(target_at(server.base_url), load=load, limits=limits))
    _until(lambda: len(server.requests) > 80, "nothing was asked")
    os.kill(running.pids[0], signal.SIGSTOP)
    time.sleep(0.5)  # fewer than a turn of the loop sends are due meanwhile
    os.kill(running.pids[0], signal.SIGCONT)
    result = summarise(running.end().recording)
    assert (result.total_requests, result.unsent_requests) == (100, 0)


@pytest.mark.parametrize("quits", [False, True])
def test_the_words_to_stop_and_to_quit(server: OpenAIServer, *, quits: bool) -> None:
    target = target_at(server.base_url, "slow:300")
    limits = Limits(duration_s=60, warmup_requests=0)
    running = Running(jobs(target, 2, limits=limits))
    _until(lambda: len(server.requests) >= 8, "nothing was asked")
    running.coordinator.stop()
    if quits:
        running.coordinator.stop()
    ran = running.end()
    assert ran.outcome.lost == []
    errors = {row["error"] for row in ran.rows}
    assert errors <= ({None, "interrupted"} if quits else {None})
    assert "interrupted" in errors or not quits


def test_what_is_printed_in_a_worker_is_no_record(server: OpenAIServer) -> None:
    ran = run(jobs(target_at(server.base_url), workload=Noisy(prompts=(Prompt.of("Hi"),))))
    assert len(ran.rows) == 20
    assert ran.outcome.lost == []


@pytest.mark.parametrize(
    "load",
    [ClosedLoop(concurrency=1), *(OpenLoop(arrivals=Poisson(rate=rate)) for rate in (50, 5000))],
    ids=["closed", "ahead", "at once"],
)
def test_a_workload_that_fails_ends_its_worker(
    server: OpenAIServer, load: Load, capfd: pytest.CaptureFixture[str]
) -> None:
    workload = Failing(prompts=(Prompt.of("Hi"),))
    ran = run(jobs(target_at(server.base_url), load=load, workload=workload))
    assert ran.outcome.lost == [0]
    assert "there is no fourth request" in capfd.readouterr().err


def test_a_server_that_is_not_there_is_asked_a_few_times() -> None:
    limits = Limits(requests=1000, warmup_requests=5)
    ran = run(jobs(target_at("http://127.0.0.1:1/v1"), 2, limits=limits))
    assert {row["error"] for row in ran.rows} == {"connection_failed"}
    assert len(ran.rows) == 50
    assert "cannot connect to" in ran.outcome.messages["connection_failed"]
    assert any(told.hopeless for told in ran.recording.telemetry)


def test_too_few_file_descriptors_are_one_error(server: OpenAIServer) -> None:
    load = ClosedLoop(concurrency=300)
    limits = Limits(requests=300, warmup_requests=0)
    made = jobs(target_at(server.base_url), load=load, limits=limits)
    listed = [replace(job, most_connections=300) for job in made]
    # The workers alone: the server, in this process, needs one for each that they have.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        processes = [WorkerProcess() for _ in listed]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    coordinator = Coordinator(listed, plan=plan_of(listed), file=BytesIO(), processes=processes)
    with pytest.raises(CannotBegin, match="Too many open files: raise `ulimit -n`"):
        coordinator.run()


@pytest.mark.parametrize("open_loop", [True, False])
def test_no_more_connections_than_requests(server: OpenAIServer, *, open_loop: bool) -> None:
    load = OpenLoop(arrivals=Constant(rate=200)) if open_loop else ClosedLoop(concurrency=50)
    ran = run(jobs(target_at(server.base_url), load=load, limits=Limits(requests=3)))
    assert len(ran.rows) == 3 + 5
    assert server.connections <= 3


def test_more_requests_than_connections(server: OpenAIServer) -> None:
    load = OpenLoop(arrivals=Poisson(rate=500))
    target = target_at(server.base_url, "slow:50")
    ran = run(
        jobs(target, load=load, limits=Limits(requests=60, warmup_requests=0), most_connections=3)
    )
    assert len(ran.rows) == 60
    assert {row["error"] for row in ran.rows} == {None}
    assert server.most_in_flight <= 3
    assert max(row["sent_ns"] - row["due_ns"] for row in ran.rows) > 50_000_000
