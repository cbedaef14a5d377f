"""``modelforge cost plan``, ``recommend``, ``hardware`` and ``budget``, installed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from modelforge.export.cost_schema import CostPlanDocument
from tests.support.command import Session

PLAN = """\
- name: chat
  requests_per_day: 2000
  prompt_tokens: lognormal(1800, 900)
  completion_tokens: 250
- name: reports
  requests_per_day: 50
  prompt_tokens: {p50: 60000, p95: 250000}
  completion_tokens: normal(900, 200)
  days: 90
"""
PRICED = '[providers.sim.prices."fast"]\ninput = "2.5"\noutput = "10"\n'


@pytest.fixture
def planner(shell: Session) -> Session:
    (shell.folder / "plan.yaml").write_text(PLAN)
    (shell.folder / "modelforge.toml").write_text(PRICED)
    return shell


def test_the_whole_catalogue_and_a_repeat_that_says_it_is_cached(planner: Session) -> None:
    first = planner.run("cost", "plan", "plan.yaml")
    assert first.returncode == 0, first.stderr
    assert "60,000 requests in 30 days" in first.stdout
    for said in ("listed as free", "paid by a subscription", "unpriced", "all scenarios together"):
        assert said in first.stdout
    assert "cached:" not in first.stdout
    again = planner.run("cost", "plan", "plan.yaml")
    assert again.stdout.count("cached: neither") == 2
    cached = "cached: neither the scenario nor a price has changed since it was analysed"
    assert again.stdout.replace(f"{cached}\n", "") == first.stdout
    (planner.folder / "plan.yaml").write_text(PLAN.replace("250\n", "251\n"))
    assert planner.run("cost", "plan", "plan.yaml").stdout.count("cached: neither") == 1


def test_exports_a_chart_and_the_door_of_test(planner: Session) -> None:
    chosen = ("--model", "openai/gpt-4o", "--model", "nobody/nothing", "--chart", "bill.svg")
    done = planner.run("test", "--cost-analyze", "plan.yaml", *chosen, "-o", "plan.json")
    assert done.returncode == 0, done.stderr
    CostPlanDocument.model_validate_json((planner.folder / "plan.json").read_text())
    chart = (planner.folder / "bill.svg").read_text()
    assert chart.startswith("<svg")
    assert "openai/gpt-4o" in chart
    bills = json.loads((planner.folder / "plan.json").read_text())["scenarios"][0]["bills"]
    assert bills[1]["usd"] is None
    assert "catalogue" in bills[1]["reasons"][0]
    png = planner.run("cost", "plan", "plan.yaml", *chosen[:2], "--chart", "bill.png", "-o", "a.md")
    assert png.returncode == 0, png.stderr
    assert (planner.folder / "bill.png").read_bytes().startswith(b"\x89PNG")


def test_the_schema_for_editors_and_traffic_without_a_file(planner: Session) -> None:
    schema = json.loads(planner.run("cost", "schema").stdout)
    assert schema["title"] == "ModelForge cost scenarios"
    done = planner.run(
        *("cost", "plan", "--requests-per-day", "100", "--prompt-tokens", "1000"),
        *("--completion-tokens", "300", "--model", "sim/fast", "--export", "csv"),
    )
    assert ",16.5," in done.stdout, done.stderr


def test_a_recommendation_tells_what_was_excluded(planner: Session) -> None:
    done = planner.run(
        *("cost", "recommend", "plan.yaml", "--tools", "--provider", "openai", "--export", "json")
    )
    found = json.loads(done.stdout)
    assert found["recommended"].startswith("openai/")
    assert found["excluded"]["provider openai"]["count"] > 1000
    none = planner.run("cost", "recommend", "plan.yaml", "--max-cost", "0.0001")
    assert none.returncode == 1
    assert "no model" in none.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan",), "no traffic"),
        (("plan", "nothing.yaml"), "no such file"),
        (("plan", "plan.yaml", "--prompt-tokens", "5"), "leave --prompt-tokens out"),
        (("plan", "plan.yaml", "--provider", "opnai"), "did you mean openai"),
        (("plan", "plan.yaml", "--model", "gpt"), "write provider/model"),
        (("plan", "plan.yaml", "--chart", "bill.pdf"), ".svg or a .png"),
        (
            ("plan", "--requests-per-day", "0", "--prompt-tokens", "5", "--completion-tokens", "5"),
            "greater than 0",
        ),
        (("recommend", "plan.yaml", "--min-quality", "1"), "needs --quality"),
        (("hardware", "plan.yaml", "--per-hour", "1"), "not JSON"),
        (("budget", "plan.yaml", "--limit", "1"), "cost"),
        (("budget", "x.json", "--limit", "0"), "above 0"),
        (("budget", "x.json", "--limit", "1", "--webhook", "ftp://x"), "no address"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    planner: Session, arguments: tuple[str, ...], said: str
) -> None:
    done = planner.run("cost", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


class _Receiver(BaseHTTPRequestHandler):
    """Takes a message once it has failed twice."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received: list[Any] = self.server.received  # type: ignore[attr-defined]  # ours
        received.append(json.loads(body))
        self.send_response(200 if len(received) > 2 else 503)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[Any]]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Receiver) as server:
        received: list[Any] = []
        server.received = received  # type: ignore[attr-defined]  # ours
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook/s3cret", received
        server.shutdown()


def test_a_comparison_keeps_to_its_limit_and_the_budget_reads_it(
    planner: Session, receiver: tuple[str, list[Any]]
) -> None:
    url, received = receiver
    (planner.folder / "q.txt").write_text("".join(f"question {n}\n" for n in range(40)))
    done = planner.run(
        *("compare", "sim/fast", "--prompts", "q.txt", "--max-tokens", "50", "--show", "0"),
        *("--max-cost", "0.01", "-o", "answers.json"),
    )
    assert done.returncode == 1
    assert "stopped: budget_reached: the limit of $0.01" in done.stderr
    document = json.loads((planner.folder / "answers.json").read_text())
    costs = [Decimal(one["cost_usd"]) for one in document["results"]]
    assert 0 < sum(costs) <= Decimal("0.01")
    assert 0 < len(costs) < 40
    assert document["complete"] is False
    assert "leaves no room" in document["stopped"]
    alert = planner.run(
        *("cost", "budget", "answers.json", "--limit", "0.01", "--alert", "50%", "--webhook", url),
        *("--export", "json"),
    )
    assert alert.returncode == 4, alert.stderr
    assert json.loads(alert.stdout)["reached"] == [0.5]
    assert len(received) == 3
    assert received[-1]["spent_usd"] == f"{sum(costs):f}".rstrip("0")
    below = planner.run("cost", "budget", "answers.json", "--limit", "5")
    assert below.returncode == 0
    twice = planner.run("cost", "budget", "answers.json", "./answers.json", "--limit", "5")
    assert twice.returncode == 2
    assert "counted twice" in twice.stderr


def test_an_alert_that_is_refused_is_told_without_its_secret(planner: Session) -> None:
    (planner.folder / "log.csv").write_text("cost_usd\n0.5\n")
    done = planner.run(
        *("cost", "budget", "log.csv", "--limit", "0.5", "--webhook"),
        "http://127.0.0.1:1/hook/s3cret",
    )
    assert done.returncode == 4
    assert "not delivered" in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("load", [("--concurrency", "8"), ("--rate", "300")])
def test_a_benchmark_of_two_workers_keeps_to_its_limit(
    planner: Session, load: tuple[str, str]
) -> None:
    done = planner.run(
        *("benchmark", "sim/fast", "--synthetic", "uniform(50,150):50", *load, "-n", "400"),
        *("--workers", "2", "--max-cost", "0.05", "-o", "load.json", "--records", "load.arrows"),
        "--allow-invalid",
    )
    assert done.returncode == 0, done.stderr
    document = json.loads((planner.folder / "load.json").read_text())
    assert 0 < Decimal(document["cost_usd"]) <= Decimal("0.05")
    assert 0 < document["requests"]["total"] < 400
    notes = {note["code"]: note["message"] for note in document["verdict"]["notes"]}
    assert "of the $0.05 that it may cost" in notes["budget_reached"]
    assert document["plan"]["max_cost_usd"] == "0.05"
    spent = planner.run(
        "cost", "budget", "load.json", "load.arrows", "--limit", "1", "--export", "json"
    )
    runs = json.loads(spent.stdout)["runs"]
    assert runs[0]["usd"] == runs[1]["usd"] == document["cost_usd"]
    measured = planner.run(
        *("cost", "plan", "measured.yaml", "--model", "sim/fast", "--export", "json"),
    )
    assert measured.returncode == 2
    (planner.folder / "measured.yaml").write_text(
        "- {name: a, requests_per_day: 10, measured: load.arrows}\n"
    )
    measured = planner.run(
        *("cost", "plan", "measured.yaml", "--model", "sim/fast", "--export", "json"),
    )
    assert measured.returncode == 0, measured.stderr
    bill = json.loads(measured.stdout)["scenarios"][0]["bills"][0]
    assert bill["interval"]["low"] < bill["usd"] < bill["interval"]["high"]


def test_several_models_share_what_a_benchmark_may_cost(planner: Session) -> None:
    (planner.folder / "modelforge.toml").write_text(
        "".join(
            f'[providers.sim.prices."{model}"]\ninput = 0\noutput = 1000000\n'
            for model in ("fast", "steady")
        )
    )
    done = planner.run(
        *("benchmark", "sim/fast", "sim/steady", "--max-cost", "5", "--max-tokens", "1"),
        *("--prompt", "hi", "--requests", "20", "--warmup", "0", "--export", "json"),
    )
    documents = json.loads(done.stdout)["models"]
    assert [document["cost_usd"] for document in documents] == ["2", "2"]


def test_what_cannot_be_promised_is_said(planner: Session) -> None:
    done = planner.run(
        *("compare", "sim/fast", "sim/steady", "--prompt", "hi", "--max-cost", "1", "--show", "0")
    )
    assert "cannot be promised for sim/fast without --max-tokens" in done.stderr
    assert "cannot be promised for sim/steady: " in done.stderr


def test_a_measured_machine_is_priced(planner: Session) -> None:
    """Two real runs in the document of a sweep, whose own search takes its time."""
    probes = []
    for clients in (1, 2):
        run = planner.run(
            *("benchmark", "sim/fast", "--concurrency", str(clients), "--requests", "60"),
            *("--synthetic", "200:50", "--export", "json", "--allow-invalid", "-q"),
        )
        probe = {"load": clients, "client_bound": False, "good_requests": 60, "requests": 60}
        probes.append({**probe, "result": json.loads(run.stdout)})
    sweep = {"schema": "modelforge.benchmark.sweep/1", "unit": "concurrent", "probes": probes}
    (planner.folder / "sweep.json").write_text(json.dumps(sweep))
    done = planner.run(
        *("cost", "hardware", "sweep.json", "--per-hour", "3.6", "--slo", "ttft=50s@p99"),
        *("--model", "openai/gpt-4o", "--export", "json"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    best = found["best"]
    assert best["load"] == 2
    per_million = 3.6 / (best["output_tokens_per_s"] * 3600) * 1e6
    assert best["usd_per_million_output_tokens"] == pytest.approx(per_million)
    api = found["break_even"][0]
    assert api["usd_per_request"] == pytest.approx((200 * 2.5 + 50 * 10) / 1e6)
    assert api["requests_per_day"] == pytest.approx(86.4 / api["usd_per_request"])
    shown = planner.run("cost", "hardware", "sweep.json", "--per-hour", "3.6")
    assert "per million output tokens" in shown.stdout
    none = planner.run(
        "cost", "hardware", "sweep.json", "--per-hour", "3.6", "--slo", "ttft=0.000001ms"
    )
    assert none.returncode == 1
    assert "no load holds" in none.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "IN", "-o", "IN", "--export", "json"),
        ("recommend", "IN", "-o", "IN", "--export", "json"),
        ("recommend", "plan.yaml", "--quality", "IN", "-o", "IN", "--export", "json"),
        ("tokens", "openai/gpt-4o", "--prompt-file", "IN", "-o", "IN", "--export", "json"),
    ],
)
def test_no_report_takes_the_place_of_an_input(planner: Session, command: tuple[str, ...]) -> None:
    path = planner.folder / "input.yaml"
    quality = "--quality" in command
    plan = (planner.folder / "plan.yaml").read_text()
    path = path.with_suffix(".json") if quality else path
    path.write_text('{"openai/gpt-4o": 0.9}' if quality else plan)
    before = path.read_text()
    done = planner.run("cost", *(path.name if part == "IN" else part for part in command))
    assert done.returncode == 2
    assert "would overwrite an input: name another file" in done.stderr
    assert path.read_text() == before
