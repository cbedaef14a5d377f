"""The benchmark from Python."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from pathlib import Path

import pytest

from modelforge import BenchmarkConfig, BenchmarkResult, BenchmarkRunner, ModelForgeRegistry
from modelforge.core.errors import ConnectionFailed, UsageError
from tests.e2e.test_benchmark_command import is_gone, until, workers_of
from tests.support.command import Session


def test_the_synchronous_door(tmp_path: Path) -> None:
    with ModelForgeRegistry() as registry:
        runner = BenchmarkRunner(registry, records=tmp_path / "r.arrows")
        result = runner.run(
            BenchmarkConfig(
                provider="sim",
                model="fast",
                prompts=["one", "two"],
                concurrent_requests=2,
                max_requests=10,
                warmup_requests=1,
            )
        )
    assert isinstance(result, BenchmarkResult)
    assert (result.total_requests, result.successful_requests, result.failed_requests) == (
        10,
        10,
        0,
    )
    assert result.success_rate == 1
    assert len(result.latencies) == 10
    assert (result.percentile(50) or 0) > 0
    assert runner.records == [tmp_path / "r.arrows"]


async def test_cancelled_its_workers_end(tmp_path: Path) -> None:
    import os  # noqa: PLC0415

    records = tmp_path / "r.arrows"
    with ModelForgeRegistry() as registry:
        runner = BenchmarkRunner(registry, records=records)
        config = BenchmarkConfig("sim", "steady", ["x"], 4, duration=60, warmup_requests=0)
        running = asyncio.create_task(runner.run_benchmark(config))
        while not (records.exists() and records.stat().st_size > 5000):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        workers = workers_of(os.getpid())
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert workers
    until(lambda: all(map(is_gone, workers)))


async def test_cancelled_while_it_warms_up_nothing_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ModelForgeRegistry() as registry:
        runner = BenchmarkRunner(registry, records=tmp_path / "r.arrows")
        config = BenchmarkConfig("sim", "slow", ["x"], duration=60)
        running = asyncio.create_task(runner.run_benchmark(config))
        while not (tmp_path / "r.arrows").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        del running
        gc.collect()
        await asyncio.sleep(0)
    assert caplog.text == ""


async def test_under_a_loop_that_runs_already(tmp_path: Path) -> None:
    config = BenchmarkConfig("sim", "fast", ["hi"], 2, max_requests=6)
    with ModelForgeRegistry() as registry:
        runner = BenchmarkRunner(registry, records=tmp_path / "r.arrows")
        assert (await runner.run_benchmark(config)).total_requests == 6
        with pytest.raises(UsageError, match="await run_benchmark"):
            runner.run(config)


def test_a_script_needs_no_main(shell: Session) -> None:
    """Workers begin anew: they do not run the script that started them."""
    (shell.folder / "script.py").write_text(
        "from modelforge import BenchmarkConfig, BenchmarkRunner, ModelForgeRegistry\n"
        "with ModelForgeRegistry() as registry:\n"
        "    config = BenchmarkConfig('sim', 'fast', ['hi'], 2, max_requests=6, workers=2)\n"
        "    print(BenchmarkRunner(registry).run(config).total_requests)\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("6\n", "")


def test_who_cannot_be_reached_is_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELFORGE_PROVIDERS__OLLAMA__BASE_URL", "http://127.0.0.1:9/v1")
    with ModelForgeRegistry() as registry:
        runner = BenchmarkRunner(registry, records=tmp_path / "r.arrows")
        result = runner.run(BenchmarkConfig("ollama", "x", ["hi"]))
    assert result.errors == {ConnectionFailed.kind: 1}
    assert "refused" in runner.messages[ConnectionFailed.kind]
    assert [note.code for note in result.verdict.notes] == ["gave_up"]
