"""``replay/FILE#MODEL`` and ``sim/PROFILE`` in the installed command."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.support.command import Session

DATA = Path(__file__).parents[3] / "shared" / "data" / "alpaca_eval"


@pytest.mark.parametrize("export", ["json", "jsonl"])
def test_an_export_is_replayed_as_it_was(target: Session, export: str) -> None:
    asked = ["target/ok", "target/status:500"]
    first = target.run("compare", *asked, "-p", "hi", "-o", f"r.{export}")
    assert first.returncode == 1
    done = target.run(
        "compare", f"replay/r.{export}", "-p", "hi", "--repeats", "2", "--export", "json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    for result in json.loads(done.stdout)["results"]:
        assert result["response"] == "Hello, world."
        assert (result["prompt_tokens"], result["completion_tokens"]) == (5, 4)
        assert result["latency_s"] is result["first_token_s"] is result["queued_s"] is None
        assert result["cost_note"] == "replayed"


def test_a_pipe_is_read_once(shell: Session) -> None:
    os.mkfifo(shell.folder / "pipe")
    process = shell.start("compare", "replay/pipe", "-p", "hi", "--export", "jsonl")
    (shell.folder / "pipe").write_text('{"prompt": "hi", "output": "yes"}\n')
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["response"] == "yes"


def test_a_prompt_that_was_not_recorded_fails_alone(shell: Session) -> None:
    (shell.folder / "r.jsonl").write_text('{"prompt": "hi", "output": "yes"}\n')
    (shell.folder / "p.txt").write_text("ho\nhi\n")
    done = shell.run("compare", "replay/r.jsonl", "--prompts", "p.txt", "--export", "jsonl")
    assert done.returncode == 1
    missing, found = map(json.loads, done.stdout.splitlines())
    assert (missing["error_kind"], missing["latency_s"]) == ("not_recorded", None)
    assert found["response"] == "yes"


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("replay/no.json", "no.json: no such file"),
        ("replay/.", "a directory, not a file"),
        ("replay/two.jsonl", "holds the answers of 2 models; add # and the name of one: 'a', 'b'"),
        ("replay/two.jsonl#c", "no answer of a model 'c'; there are 'a', 'b'"),
        ("replay/broken.jsonl", "broken.jsonl, line 2: not JSON"),
        ("sim/steadyy", "'steadyy' is no profile; did you mean steady?"),
    ],
)
def test_what_is_wrong_is_one_line_before_anything_is_sent(
    shell: Session, model: str, said: str
) -> None:
    rows = [{"prompt": "hi", "output": "yes", "generator": name} for name in "ab"]
    (shell.folder / "two.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (shell.folder / "broken.jsonl").write_text('{"prompt": "hi", "output": "a"}\n{\n')
    done = shell.run("compare", model, "-p", "hi")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


def test_a_recording_is_never_written_over(shell: Session) -> None:
    recorded = '{"prompt": "hi", "output": "yes", "model": "a"}\n'
    (shell.folder / "r.jsonl").write_text(recorded)
    done = shell.run("compare", "replay/r.jsonl#a", "-p", "hi", "-o", "r.jsonl")
    assert done.returncode == 2
    assert "would overwrite an input" in done.stderr
    assert (shell.folder / "r.jsonl").read_text() == recorded


def test_simulated_models_stand_side_by_side(shell: Session) -> None:
    done = shell.run(
        "compare", "sim/steady", "sim/fast", "-p", "hi", "--max-tokens", "4", "--export", "json"
    )
    assert (done.returncode, done.stderr) == (0, "")
    results = {result["model"]: result for result in json.loads(done.stdout)["results"]}
    assert results["steady"]["completion_tokens"] == 4
    assert results["steady"]["latency_s"] >= 0.15
    assert results["steady"]["cost_note"] == "simulated"


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_real_outputs_are_compared_quickly(shell: Session) -> None:
    files = ["gpt-4o-2024-05-13", "Meta-Llama-3-8B-Instruct"]
    models = [f"replay/{DATA / name}.json#{name}" for name in files]
    begun = time.monotonic()
    done = shell.run(
        "compare", *models, "--prompts", str(DATA / f"{files[0]}.json"),
        "--prompt-field", "instruction", "--export", "jsonl",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - begun < 30
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == 2 * 805
    for name, model in zip(files, models, strict=True):
        rows = json.loads((DATA / f"{name}.json").read_text())
        known = {row["instruction"]: row["output"] for row in rows}
        for result in results:
            if result["model_id"] == model:
                assert result["response"] == known[result["prompt"]]
