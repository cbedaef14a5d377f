"""The installed command prices calls, and refuses what cannot be priced in one line."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.command import Session

GPT_4O = ("--provider", "openai", "--model", "gpt-4o")
CACHED = '{"input_total": 10000, "cache_read": 8000, "output_total": 1000}'


def priced(shell: Session, *options: str) -> dict[str, Any]:
    done = shell.run("cost", "price", *options, "--export", "json")
    assert (done.returncode, done.stderr) == (0, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_the_document(shell: Session) -> None:
    found = priced(shell, *GPT_4O, "--usage", CACHED)
    assert (found["usd"], found["status"], found["reasons"]) == ("0.0250", "priced", [])
    assert [(line["component"], line["quantity"], line["usd"]) for line in found["lines"]] == [
        ("input", 2000, "0.0050"),
        ("cache_read", 8000, "0.0100"),
        ("output", 1000, "0.0100"),
    ]
    assert found["basis"]["priced_as"] == "openai/gpt-4o"
    assert found["basis"]["source"].startswith("the catalogue of ")


def test_given_rates_take_the_place_of_the_catalogue(shell: Session) -> None:
    rates = '{"input": "3", "cache_read": "0.000001", "output": "0.1"}'
    found = priced(shell, *GPT_4O, "--usage", CACHED, "--rates", rates)
    assert Decimal(found["usd"]) == Decimal("0.006100008")
    assert found["basis"]["source"] == "the rates that were given"


def test_every_key_of_a_usage_and_of_rates(shell: Session) -> None:
    rates = {
        "input": "2",
        "cache_read": "0.3",
        "cache_write_5m": 5,
        "cache_write_1h": 0.07,
        "input_audio": "1.1e1",
        "output": "13",
        "reasoning": "17",
        "output_audio": "0.000019",
    }
    usage = {
        "input_total": 1111,
        "cache_read": 1000,
        "cache_write_5m": 100,
        "cache_write_1h": 10,
        "input_audio": 1,
        "output_total": 4000,
        "reasoning": 1500,
        "output_audio": 500,
    }
    found = priced(
        shell, "--provider", "nobody", "--model", "nothing", "--requests", "7",
        "--usage", json.dumps(usage), "--rates", json.dumps(rates),
    )  # fmt: skip
    lines = {line["component"]: Decimal(line["usd"]) * 10**6 for line in found["lines"]}
    assert lines == {
        "cache_read": 300,
        "cache_write_5m": 500,
        "cache_write_1h": Decimal("0.7"),
        "input_audio": 11,
        "output": 26_000,
        "reasoning": 25_500,
        "output_audio": Decimal("0.0095"),
    }
    assert Decimal(found["usd"]) * 10**6 == sum(lines.values())
    assert (found["status"], found["basis"]["requests"]) == ("priced", 7)


def test_a_price_of_next_year_and_a_name_of_last_year(shell: Session) -> None:
    tokens = '{"input_total": 1e6, "output_total": 1e6}'
    argon = ("--provider", "google", "--model", "gemini-4-argon", "--usage", tokens)
    days = ("2026-11-30T23:59:59Z", "2026-12-01", "2026-12-01T01:00+02:00")
    found = [priced(shell, *argon, "--as-of", day)["usd"] for day in days]
    assert found == ["12.0000", "24.0000", "12.0000"]  # the last is still November in UTC
    model = "us.anthropic.claude-sonnet-4-20250514-v1:0"
    claude = priced(shell, "--provider", "Bedrock", "--model", model, "--usage", tokens)
    assert claude["usd"] == "18.0000"
    assert claude["basis"]["priced_as"] == "amazon-bedrock/anthropic.claude-sonnet-4-20250514-v1:0"
    unknown = priced(shell, "--provider", "bedrock", "--model", "us.x.y", "--usage", tokens)
    assert unknown["usd"] is None
    assert "bedrock/us.x.y is not in the catalogue" in unknown["reasons"][0]


def test_what_is_missing_is_named_and_what_is_unknown_has_no_price(shell: Session) -> None:
    partial = priced(shell, *GPT_4O, "--usage", CACHED, "--rates", '{"input": 1, "output": 1}')
    assert (partial["status"], partial["usd"]) == ("partial", "0.0030")
    assert partial["reasons"] == ["no rate is known for cache_read"]
    unknown = priced(shell, "--provider", "openai", "--model", "gpt-4oo", "--usage", CACHED)
    assert (unknown["status"], unknown["usd"], unknown["lines"]) == ("unpriced", None, [])
    assert "did you mean gpt-4o?" in unknown["reasons"][0]


def test_requests_the_time_and_the_mode(shell: Session) -> None:
    long = ("--provider", "google", "--model", "gemini-2.5-pro", "--usage")
    tokens = '{"input_total": 500000, "output_total": 0}'
    assert priced(shell, *long, tokens)["usd"] == "1.2500"
    many = priced(shell, *long, tokens, "--requests", "5")
    assert many["usd"] == "0.6250"
    assert "the mean input of a request decides its tier" in many["basis"]["tier"]["rule"]
    deepseek = ("--provider", "deepseek", "--model", "deepseek-chat", "--usage", tokens)
    day, night = (
        priced(shell, *deepseek, "--as-of", f"2025-05-01T{hour}Z") for hour in ("12:00", "17:00")
    )
    assert (day["usd"], night["usd"]) == ("0.1350", "0.0675")
    assert night["basis"]["as_of"] == "2025-05-01T17:00:00Z"
    claude = ("--provider", "anthropic", "--model", "claude-sonnet-4-5", "--usage")
    written = '{"input_total": 1000000, "cache_write_1h": 1000000}'
    assert priced(shell, *claude, written)["usd"] == "6.0000"
    batch = priced(shell, *claude, written, "--mode", "batch")
    assert batch["usd"] == "3.0000"
    assert all(rule["source"] for rule in batch["basis"]["rules"])


def test_a_configured_price_goes_before_the_listed_one(shell: Session) -> None:
    (shell.folder / "modelforge.toml").write_text(
        '[providers.openai.prices."gpt-4o"]\ninput = 1\noutput = 1\n'
    )
    found = priced(shell, *GPT_4O, "--usage", CACHED)
    assert (found["usd"], found["basis"]["source"]) == ("0.0110", "the configuration")
    assert "priced as input" in found["lines"][1]["rule"]["text"]


def test_rates_and_dollars_stand_with_their_points_below_each_other(shell: Session) -> None:
    rates = ("--rates", '{"input": "1.5", "output": "0.0075"}')
    usage = '{"input_total": 10000, "output_total": 900}'
    shown = shell.run("cost", "price", *GPT_4O, "--usage", usage, *rates).stdout
    assert "input        10,000    $1.50/M  0.01500000\n" in shown
    assert "output          900  $0.0075/M  0.00000675\n" in shown
    assert "models refresh" not in shown  # no price of the catalogue is in it


def test_csv_markdown_and_the_terminal(shell: Session) -> None:
    done = shell.run("cost", "price", *GPT_4O, "--usage", CACHED, "-o", "price.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "report in price.csv\n")
    with (shell.folder / "price.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["component", "quantity", "rate_usd", "per", "usd", "rule"]
    assert rows[-1] == ["total", "1", "", "priced", "0.0250", ""]
    markdown = shell.run("cost", "price", *GPT_4O, "--usage", CACHED, "--export", "markdown").stdout
    assert "| cache_read | 8,000 | $1.25/M | 0.0100 |" in markdown
    shown = shell.run("cost", "price", *GPT_4O, "--usage", CACHED, env={"COLUMNS": "80"}).stdout
    assert "openai/gpt-4o  $0.0250" in shown
    assert "modelforge models refresh" in shown
    assert "input          2,000   $2.50/M  0.0050\n" in shown
    assert all(len(line) <= 80 or "http" in line for line in shown.splitlines())


def test_names_are_data(shell: Session) -> None:
    done = shell.run(
        "cost", "price", "--provider", "\x1b[31mx", "--model", "=1+1", "--usage", CACHED
    )
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--usage", '{"input_total": -5}'], "tokens cannot be fewer than 0"),
        (["--usage", '{"input_total": 5, "cache_read": 9}'], "is more than input_total 5"),
        (["--usage", '{"input_total": 1'], "not JSON"),
        (["--usage", CACHED, "--mode", "bach"], "'bach' is not one of"),
        (["--usage", CACHED, "--requests", "0"], "--requests"),
        (["--usage", CACHED, "--as-of", "noon"], "'noon' is not a time"),
        (["--usage", CACHED, "--rates", '{"input": 1, "currency": "EUR"}'], "in 'EUR'"),
        (["--usage", CACHED, "-o", "price.xyz"], "names no format"),
        (["--usage", CACHED, "-o", "no/such/folder.json"], "cannot write"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(shell: Session, options: list[str], words: str) -> None:
    done = shell.run("cost", "price", *GPT_4O, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_a_subcommand_that_is_not_there(shell: Session) -> None:
    done = shell.run("cost", "prise")
    assert done.returncode == 2
    assert "did you mean price?" in done.stderr
