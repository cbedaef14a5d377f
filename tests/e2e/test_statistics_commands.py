"""``scores``, ``plan``, ``runs diff`` and models in turns, as the installed command."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from modelforge.export.benchmark_schema import BenchmarkDocument
from tests.support.command import Session

GSM8K = Path(__file__).parents[3] / "shared" / "data" / "gsm8k_model_solutions.jsonl"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def graded(shell: Session, *, cases: int = 60) -> None:
    rng = random.Random(1)  # noqa: S311 (made-up scores)
    rows = [
        {"case": f"c{case}", "model": model, "score": rng.random() < chance}
        for case in range(cases)
        for model, chance in (("small", 0.3), ("big", 0.8))
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (shell.folder / "graded.jsonl").write_text(text)


def test_a_table_is_compared(shell: Session) -> None:
    graded(shell)
    done = shell.run("scores", "graded.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert "small is worse than big" in done.stdout
    exported = shell.run("scores", "graded.jsonl", "--export", "json", "--margin", "5%")
    (pair,) = json.loads(exported.stdout)["quantities"][0]["pairs"]
    assert pair["outcome"] == "worse"
    assert pair["margin"] == 0.05
    assert pair["pass_fail"]["first_only"] < pair["pass_fail"]["second_only"]


@pytest.mark.skipif(not GSM8K.is_file(), reason="the real data is not there (../shared/data)")
def test_published_answers_of_four_models(shell: Session) -> None:
    columns = [option for m in MODELS for option in ("--column", f"{m}={m}.is_correct")]
    done = shell.run("scores", str(GSM8K), "--case-field", "question", *columns, "--export", "json")
    assert done.returncode == 0, done.stderr
    (quantity,) = json.loads(done.stdout)["quantities"]
    shares = {each["model_id"]: each["mean"]["point"] for each in quantity["models"]}
    assert shares["175b_verification"] == pytest.approx(0.563, abs=0.001)
    pair = next(
        each
        for each in quantity["pairs"]
        if (each["first"], each["second"]) == ("6b_verification", "175b_finetuning")
    )
    assert pair["outcome"] == "better"
    assert pair["adjusted_p"] == pytest.approx(0.0032, abs=0.0001)
    assert (pair["pass_fail"]["first_only"], pair["pass_fail"]["second_only"]) == (209, 152)


@pytest.mark.parametrize(
    "arguments",
    [
        ("scores", "missing.jsonl"),
        ("scores", "graded.jsonl", "--score-field", "grade"),
        ("scores", "graded.jsonl", "--margin", "much"),
        ("scores", "graded.jsonl", "--confidence", "95"),
        ("plan",),
        ("plan", "--difference", "0.1"),
        ("plan", "--difference", "5%", "--sd", "1"),
        ("plan", "--difference", "0.1", "--prompts", "5", "--sd", "1"),
        ("plan", "--seconds", "5", "--sd", "1"),
        ("plan", "--prompts", "1", "--sd", "1"),
        ("plan", "--difference", "0.05", "--pass-rate", "0.6", "--repeats", "3"),
        ("plan", "--difference", "0.7", "--pass-rate", "0.6"),
        ("plan", "--difference", "0.9", "--pass-rate", "0.5", "--discordant", "0.1"),
        ("plan", "--difference", "0.1", "--pilot", "graded.jsonl", "--model", "nobody"),
        ("runs", "diff", "missing.json", "missing.json"),
        ("runs", "diff", "graded.jsonl", "graded.jsonl"),
        ("benchmark", "sim/fast", "sim/fast"),
        ("benchmark", "sim/fast", "sim/batch", "--sweep"),
        ("benchmark", "sim/fast", "--margin", "5%"),
    ],
)
def test_what_cannot_be_done_is_one_line(shell: Session, arguments: tuple[str, ...]) -> None:
    graded(shell)
    done = shell.run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


def test_plans_from_assumptions_and_a_pilot(shell: Session) -> None:
    graded(shell)
    needed = shell.run("plan", "--difference", "0.05", "--pass-rate", "0.6")
    assert needed.stdout.startswith("1,512 prompts\nThey find a difference of 5.0 points in 80 of")
    found = shell.run("plan", "--prompts", "1512", "--pass-rate", "0.6", "--export", "json")
    assert json.loads(found.stdout)["difference"] == pytest.approx(0.05, abs=0.002)
    pilot = shell.run("plan", "--difference", "0.2", "--pilot", "graded.jsonl", "--repeats", "1")
    assert pilot.returncode == 0, pilot.stderr
    assert "a pilot of 60 cases of small and big" in " ".join(pilot.stdout.split())
    repeats = [
        shell.run("plan", "--difference", "0.1", "--sd", "0.3", "--repeat-sd", "0.5", *more).stdout
        for more in ((), ("--repeats", "4"))
    ]
    assert "4 answers to each" in repeats[1]
    assert int(repeats[1].split()[0].replace(",", "")) < int(repeats[0].split()[0].replace(",", ""))


def test_two_models_take_turns_and_a_report_passes_its_own_gate(shell: Session) -> None:
    done = shell.run(
        *("benchmark", "sim/steady", "sim/fast", "--runs", "2", "--requests", "30"),
        *("--concurrency", "10", "--max-tokens", "4", "--warmup", "0", "--allow-invalid"),
        *("--records", "run.arrows", "--export", "json", "-o", "turns.json", "--quiet"),
    )
    assert done.returncode == 0, done.stderr
    assert "sim/steady against sim/fast" in done.stdout
    document = json.loads((shell.folder / "turns.json").read_text())
    for model in document["models"]:
        BenchmarkDocument.model_validate(model)
        assert len(model["runs"]) == 2
    started = [
        (run["plan"]["started_at"], place)
        for place, model in enumerate(document["models"])
        for run in model["runs"]
    ]
    assert [place for _, place in sorted(started)] == [0, 1, 1, 0]
    records = sorted(path.name for path in shell.folder.glob("*.arrows"))
    assert records == [
        "run.arrows",
        "run.model2.arrows",
        "run.model2.run2.arrows",
        "run.run2.arrows",
    ]
    gate = ("--gate", "e2e.mean=400%", "--allow-invalid")
    same = shell.run("runs", "diff", "run.arrows", "run.arrows", *gate)
    assert same.returncode == 0, same.stderr
    slower = shell.run(
        "runs",
        "diff",
        "run.model2.arrows",
        "run.arrows",
        "--gate",
        "ttft.p50=5%",
        "--allow-invalid",
    )
    assert slower.returncode == 4
    assert "fails" in slower.stdout


def test_prompts_of_one_document_are_clusters(shell: Session) -> None:
    rows = [{"prompt": f"Question {n}?", "cluster": f"doc{n // 3}"} for n in range(18)]
    (shell.folder / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = shell.run(
        *("compare", "sim/steady", "sim/fast", "--prompts", "q.jsonl", "--max-tokens", "3"),
        *("--show", "0", "--quiet", "--export", "json", "-o", "a.json", "--margin", "latency=5%"),
    )
    assert done.returncode == 0, done.stderr
    assert "6 clusters" in done.stdout
    document = json.loads((shell.folder / "a.json").read_text())
    assert document["results"][0]["cluster"].startswith("doc")
    latency = next(q for q in document["statistics"]["quantities"] if q["name"] == "latency")
    assert latency["pairs"][0]["outcome"] == "worse"
    one = shell.run("compare", "sim/steady", "sim/fast", "-p", "hi", "--max-tokens", "2", "-q")
    assert "how sure" not in one.stdout
    assert "too few" not in one.stdout
