"""``modelforge models``: what is known of models, asked and renewed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.catalogue_server import CatalogueServer
from tests.support.command import Session
from tests.support.openai_server import OpenAIServer
from tests.unit.catalogue.documents import document, model


@pytest.fixture
def mirror(shell: Session, tmp_path: Path) -> Iterator[CatalogueServer]:
    with CatalogueServer(body=document({"m": model()}), etag='"1"') as server:
        shell.environment["MODELFORGE_CATALOGUE_URL"] = server.url
        shell.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
        yield server


def listed(shell: Session, *conditions: str) -> list[str]:
    done = shell.run("models", "list", "--json", *conditions)
    assert (done.returncode, done.stderr) == (0, "")
    return [found["id"] for found in json.loads(done.stdout)]


def one_line(done: CompletedProcess[str], code: int) -> str:
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_models_by_what_they_can_do(shell: Session) -> None:
    assert "openai/gpt-4o-mini" in listed(shell, "--provider", "openai", "--tools")
    cheap = listed(shell, "--provider", "openai", "--max-output-price", "0.5", "--context", "9000")
    assert cheap
    assert "openai/gpt-4o-mini" not in cheap
    assert listed(shell, "--provider", "together") == listed(shell, "--provider", "togetherai")


def test_a_table_is_legible_at_80_columns(shell: Session) -> None:
    done = shell.run("models", "list", "--all", "--limit", "300", env={"COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "Catalogue of" in done.stdout
    assert "days old" in done.stdout


def test_names_and_addresses_are_whole_in_a_pipe(shell: Session) -> None:
    shell.environment.pop("COLUMNS", None)
    found = listed(shell, "--all")
    longest = max(found, key=len)
    done = shell.run("models", "list", "--all", "--limit", str(len(found)))
    assert longest in done.stdout
    shown = shell.run("models", "show", "anthropic/claude-haiku-4-5", env={"COLUMNS": "60"})
    assert "…" not in shown.stdout


def test_search_and_show(shell: Session) -> None:
    found = json.loads(shell.run("models", "search", "gpt-4o", "mini", "--json").stdout)
    assert "openai/gpt-4o-mini" in [entry["id"] for entry in found]
    shown = shell.run("models", "show", "openai/gpt-4o-mini")
    for words in ("GPT-4o mini", "128,000 tokens", "input $0.15, output $0.60", "OPENAI_API_KEY"):
        assert words in shown.stdout
    entry = json.loads(shell.run("models", "show", "openai/gpt-4o-mini", "--json").stdout)
    assert entry["cost"]["price"]["input"] == "0.15"


def test_what_is_shown_is_what_a_call_costs(shell: Session) -> None:
    """The price of today and of the maker's threshold, not what the catalogue listed in August."""
    tiered = shell.run("models", "show", "azure/gpt-5.6-sol").stdout
    assert "above 272,000 tokens" in tiered
    assert "above 200,000 tokens" not in tiered
    renewed = shell.run("models", "show", "openai/gpt-5.6-sol").stdout
    assert "input $4.00, output $20.00" in renewed
    assert "the price since 2026-08-21 00:00 UTC" in renewed
    assert "input $5.00, output $30.00" in renewed.split("listed")[1]
    plan = shell.run("models", "show", "zai-coding-plan/glm-4.7").stdout
    assert "paid by a plan: GLM Coding Plan" in plan
    assert "free" not in plan
    plans = shell.run("models", "list", "--provider", "zai-coding-plan").stdout
    assert "$0.00" not in plans
    assert " plan    plan " in plans
    told = json.loads(shell.run("models", "show", "anthropic/claude-sonnet-4-5", "--json").stdout)
    assert told["price_now"]["rates"]["cache_write_1h"] == "6"
    told = json.loads(shell.run("models", "show", "zai-coding-plan/glm-4.7", "--json").stdout)
    assert told["price_now"]["rates"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "openai/gpt-4o-mni"), "did you mean openai/gpt-4o-mini"),
        (("show", "opnai/x"), "did you mean openai"),
        (("show", "gpt-4o"), "write provider/model"),
        (("list", "--provider", "opnai"), "did you mean openai"),
        (("list", "--live"), "add --provider"),
        (("list", "--provider", "local", "--live"), "no server to ask"),
        (("list", "--max-input-price", "cheap"), "not a price"),
        (("list", "--max-input-price", "nan"), "not a price"),
        (("list", "--since", "lately"), "write YYYY, YYYY-MM or YYYY-MM-DD"),
        (("list", "--since", "2026-13"), "write YYYY, YYYY-MM or YYYY-MM-DD"),
        (("list", "--provider", "mine"), "--live --provider NAME"),
        (("list", "--provider", "sim"), "sim is served by this machine itself"),
        (("list", "--provider", "local", "--tools"), "list them without conditions"),
        (("list", "--providers", "--tools"), "conditions are for models"),
        (("show", "local/smollm2-135m"), "local is served by this machine itself"),
        (("search", " "), "no word to search for"),
    ],
)
def test_what_cannot_be_asked(shell: Session, arguments: tuple[str, ...], words: str) -> None:
    assert words in one_line(shell.run("models", *arguments), 2)


def test_providers_as_json(shell: Session) -> None:
    found = json.loads(shell.run("models", "list", "--providers", "--json").stdout)
    by_id = {provider["id"]: provider for provider in found}
    assert by_id["anthropic"]["protocol"] == "anthropic"
    assert by_id["anthropic"]["env"] == ["ANTHROPIC_API_KEY"]
    assert by_id["watsonx"]["protocol"] is None


def test_half_a_name_is_of_no_use(shell: Session) -> None:
    done = shell.run("models", "list", env={"COLUMNS": "30"})
    assert "  local/gemma-3-270m  " in done.stdout


def test_removing_what_is_not_there(shell: Session, tmp_path: Path) -> None:
    shell.environment["XDG_CACHE_HOME"] = str(tmp_path / "empty")
    done = shell.run("models", "remove", "smollm2-135m")
    assert (done.returncode, done.stderr) == (0, "local/smollm2-135m: nothing of it was kept\n")


def test_a_refresh_brings_new_models_and_says_so(shell: Session, mirror: CatalogueServer) -> None:
    done = shell.run("models", "refresh")
    assert (done.returncode, done.stderr) == (0, "")
    assert "new: 1\n  acme/m\n" in done.stdout
    assert "more" in done.stdout  # of the thousands that are gone
    assert listed(shell, "--provider", "acme") == ["acme/m"]
    assert mirror.requests == [("/api.json", None)]


def test_an_unchanged_source_is_not_sent_again(shell: Session, mirror: CatalogueServer) -> None:
    shell.run("models", "refresh")
    done = shell.run("models", "refresh")
    assert done.returncode == 0
    assert done.stdout.startswith("unchanged; checked on ")
    assert mirror.requests[1] == ("/api.json", '"1"')
    assert listed(shell, "--provider", "acme") == ["acme/m"]


def test_changed_prices_are_told(shell: Session, mirror: CatalogueServer) -> None:
    rows = {name: model(cost={"input": 1, "output": 1}) for name in ("dear", "free", "gone")}
    mirror.body = document(rows)
    shell.run("models", "refresh")
    rows = {
        "dear": model(cost={"input": 4, "output": 1}),
        "free": model(cost={"input": 0, "output": 0}),
        "new": model(),
    }
    mirror.body, mirror.etag = document(rows), '"2"'
    lines = shell.run("models", "refresh").stdout.splitlines()
    assert lines[:4] == ["new: 1", "  acme/new", "gone: 1", "  acme/gone"]
    assert "  acme/dear input: $1.00 -> $4.00" in lines
    assert lines[-2:] == [
        "  acme/free input: $1.00 -> $0.00",
        "  acme/free output: $1.00 -> $0.00",
    ]


def test_the_catalogue_before_is_kept(
    shell: Session, mirror: CatalogueServer, tmp_path: Path
) -> None:
    kept = tmp_path / "cache" / "modelforge" / "catalogue"
    shell.run("models", "refresh")
    first = {
        path.name: path.read_bytes() for path in kept.glob("*.*") if "fetched" not in path.name
    }
    assert not (kept / "previous").exists()
    mirror.body, mirror.etag = document({"other": model()}), '"2"'
    shell.run("models", "refresh")
    assert {path.name: path.read_bytes() for path in (kept / "previous").iterdir()} == first


def test_a_broken_row_alone_is_left_out(shell: Session, mirror: CatalogueServer) -> None:
    mirror.body = document({"good": model(), "other": model(), "bad": model(cost={"input": -1})})
    done = shell.run("models", "refresh", "--quiet")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("not taken: acme/bad: its price input")
    assert listed(shell, "--provider", "acme") == ["acme/good", "acme/other"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": b'{"acme": '}, "is not a catalogue"),
        ({"body": b"<html>Sign in", "content_type": "text/html"}, "text/html"),
        ({"body": b"{}"}, "0 models can be read"),
        ({"body": b'{"acme": {"models": 3}}'}, "acme: its models"),
        ({"body": document({"m": model(name="\ud800")})}, "half of a surrogate pair"),
        ({"status": 500}, "500"),
        ({"status": 404}, "404 Not Found"),
        ({"status": 401}, "(check the network, or name a mirror in MODELFORGE_CATALOGUE_URL)"),
    ],
)
def test_a_failed_refresh_leaves_everything_as_it_was(
    shell: Session, mirror: CatalogueServer, answer: dict[str, object], words: str
) -> None:
    shell.run("models", "refresh")
    mirror.etag = None
    for name, value in answer.items():
        setattr(mirror, name, value)
    assert words in one_line(shell.run("models", "refresh"), 1)
    assert listed(shell, "--provider", "acme") == ["acme/m"]


def test_a_mirror_that_is_not_there(shell: Session) -> None:
    environment = {"MODELFORGE_CATALOGUE_URL": "http://127.0.0.1:1"}
    done = shell.run("models", "refresh", env=environment)
    line = one_line(done, 1)
    assert "http://127.0.0.1:1/api.json" in line
    assert "name a mirror in MODELFORGE_CATALOGUE_URL; the catalogue of 20" in line


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("models.test", "must be an http:// or https:// URL"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://user:hush-hush@127.0.0.1:1", "must hold no user:password@"),
    ],
)
def test_a_mirror_that_is_no_address(shell: Session, url: str, words: str) -> None:
    line = one_line(shell.run("models", "refresh", env={"MODELFORGE_CATALOGUE_URL": url}), 2)
    assert "MODELFORGE_CATALOGUE_URL" in line
    assert words in line
    assert "hush" not in line


def test_one_strange_provider_leaves_the_others_usable(
    shell: Session, mirror: CatalogueServer
) -> None:
    good = json.loads(document({"m": model(), "n": model(), "o": model()}))
    strange = {
        "local": {**good["acme"], "models": {}},
        "queried": {**good["acme"], "models": {}, "api": "https://a.test/v1?version=2"},
    }
    mirror.body = json.dumps({**good, **strange}).encode()
    done = shell.run("models", "refresh", "--quiet")
    assert done.returncode == 0
    assert done.stderr.startswith("not taken: queried: its api must have no ?query")
    assert listed(shell, "--provider", "acme") == ["acme/m", "acme/n", "acme/o"]
    assert shell.run("doctor").returncode == 0


def test_a_refresh_repairs_what_cannot_be_read(shell: Session, mirror: CatalogueServer) -> None:
    shell.run("models", "refresh")
    (kept,) = shell.folder.parent.rglob("models.json.gz")
    kept.write_bytes(b"not gzip")
    assert "cannot" not in shell.run("models", "refresh").stdout
    assert mirror.requests[1] == ("/api.json", None)
    assert listed(shell, "--provider", "acme") == ["acme/m"]


def test_a_hostile_catalogue_cannot_act_on_the_terminal(
    shell: Session, mirror: CatalogueServer
) -> None:
    name = "Nice\x1b]0;owned\x07 \u202eevil"
    mirror.body = document({"m": model(name=name, family="\x1b[2J")}, name=name)
    shell.run("models", "refresh")
    done = shell.run("models", "show", "acme/m")
    assert done.returncode == 0
    assert not set(done.stdout) & {"\x1b", "\x07", "\u202e"}


def test_a_provider_says_itself_what_it_serves(shell: Session) -> None:
    body = b'{"data": [{"id": "b"}, {"id": "gpt-4o-mini"}]}'
    with CatalogueServer(body=body) as server:
        environment = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "sk-planted"}
        done = shell.run("models", "list", "--provider", "openai", "--live", env=environment)
        entries = shell.run(
            "models", "list", "--provider", "openai", "--live", "--json", env=environment
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert "openai/b" in done.stdout
    assert "not in the catalogue" in done.stdout
    assert [entry["id"] for entry in json.loads(entries.stdout)] == [
        "openai/b",
        "openai/gpt-4o-mini",
    ]
    assert server.requests[0][0] == "/v1/models"


def test_conditions_hold_for_what_a_provider_serves(shell: Session) -> None:
    body = b'{"data": [{"id": "b"}, {"id": "gpt-4o-mini"}, {"id": "gpt-4"}]}'
    with CatalogueServer(body=body) as server:
        shell.environment["OPENAI_BASE_URL"] = f"{server.url}/v1"
        shell.environment["OPENAI_API_KEY"] = "sk-planted"
        found = listed(shell, "--provider", "openai", "--live", "--context", "100000")
    assert found == ["openai/gpt-4o-mini"]


def test_a_provider_that_lists_nothing(shell: Session) -> None:
    with CatalogueServer(body=b"<html>") as server:
        environment = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "sk-planted"}
        done = shell.run("models", "list", "--provider", "openai", "--live", env=environment)
    assert "is not a list of models" in one_line(done, 1)
    needs_key = shell.run("models", "list", "--provider", "openai", "--live")
    assert "OPENAI_API_KEY" in one_line(needs_key, 2)


def test_a_protocol_with_pages_is_asked_for_all_of_them(shell: Session) -> None:
    body = b'{"data": [{"type": "model", "id": "claude-x"}], "has_more": false}'
    with CatalogueServer(body=body) as server:
        environment = {
            "MODELFORGE_PROVIDERS__ANTHROPIC__BASE_URL": f"{server.url}/v1",
            "ANTHROPIC_API_KEY": "sk-planted",
        }
        done = shell.run("models", "list", "--provider", "anthropic", "--live", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "anthropic/claude-x" in done.stdout
    assert server.requests == [("/v1/models?limit=1000", None)]


def test_an_answer_is_priced_by_the_catalogue(shell: Session, server: OpenAIServer) -> None:
    environment = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "sk-planted"}
    models = ("openai/gpt-4o-mini", "openai/of-tomorrow")
    arguments = ("--prompt", "Hello", "--export", "jsonl")
    done = shell.run("compare", *models, *arguments, env=environment)
    records = {record["model"]: record for record in map(json.loads, done.stdout.splitlines())}
    assert records["gpt-4o-mini"]["cost_usd"] is not None
    assert records["of-tomorrow"]["cost_usd"] is None
    assert "openai/of-tomorrow is not in the catalogue of" in json.dumps(records["of-tomorrow"])


def test_a_model_listed_as_free_is_said_to_be(
    shell: Session, mirror: CatalogueServer, server: OpenAIServer
) -> None:
    row = model(cost={"input": 0, "output": 0})
    mirror.body = document({"ok": row}, api=server.base_url, env=[])
    shell.run("models", "refresh")
    shown = shell.run("compare", "acme/ok", "--prompt", "Hello").stdout
    assert "listed as free" in shown
    done = shell.run("compare", "acme/ok", "--prompt", "Hello", "--export", "jsonl")
    record = json.loads(done.stdout)
    assert (record["cost_usd"], record["cost_note"]) == ("0", "listed as free")


def test_the_doctor_asks_whom_the_environment_sets_up(shell: Session) -> None:
    checks = {
        check["name"]: check
        for check in json.loads(shell.run("doctor", "--json").stdout)["providers"]
    }
    assert {"openai", "azure", "ollama"} <= set(checks)
    assert "openrouter" not in checks
    assert checks["azure"]["key"] == "AZURE_API_KEY or AZURE_OPENAI_API_KEY (not set)"
    environment = {
        "MODELFORGE_PROVIDERS__OPENROUTER__BASE_URL": "http://127.0.0.1:1/v1",
        "AZURE_OPENAI_API_KEY": "sk-planted",
        "GITHUB_TOKEN": "sk-planted",
    }
    done = shell.run("doctor", "--json", env=environment)
    checks = {check["name"]: check for check in json.loads(done.stdout)["providers"]}
    assert checks["openrouter"]["status"] == "fails"
    assert checks["azure"]["key"] == "AZURE_OPENAI_API_KEY (set)"
    assert checks["azure"]["status"] == "no key"
    assert "github-models" not in checks
    assert "sk-planted" not in done.stdout + done.stderr
