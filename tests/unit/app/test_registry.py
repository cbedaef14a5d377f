"""The models that this process is itself: the simulator's and recorded ones."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from modelforge.app.doctor import examine
from modelforge.app.registry import ModelForgeRegistry
from modelforge.compare.comparator import ModelComparator
from modelforge.config.load import load_configuration
from modelforge.core.errors import ConfigError, UsageError
from modelforge.core.model_id import ModelId
from modelforge.pricing.tariff import NoTariff, Tariff, Terms
from modelforge.simulator.endpoint import SimulatorEndpoint


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)


def _write(name: str, text: str) -> None:
    Path(name).write_text(text)


def _registry(text: str = "") -> ModelForgeRegistry:
    _write("modelforge.toml", text)
    return ModelForgeRegistry(load_configuration(environ={}))


async def _prices(registry: ModelForgeRegistry, model: str) -> Terms:
    async with registry.open([ModelId.parse(model)]) as (contestant,):
        return contestant.prices


async def test_the_simulators_profiles_are_models_until_the_registry_closes() -> None:
    with _registry() as first, _registry() as second:
        for registry in (first, second):
            (result,) = await ModelComparator(registry).compare(["sim/fast"], "hi", max_tokens=4)
            assert (result.error, len(result.response.split())) == (None, 4)
            assert result.metrics.latency is not None
            assert result.metrics.cost_note == "simulated"
        shared = SimulatorEndpoint._shared
        assert shared is not None
        first.close()
        first.close()
        (result,) = await ModelComparator(second).compare(["sim/fast"], "hi", max_tokens=4)
        assert result.error is None
    assert shared.alive is bool(SimulatorEndpoint._users)


async def test_an_unknown_profile_is_refused_with_those_that_come_close() -> None:
    with _registry() as registry:
        with pytest.raises(UsageError, match=r"'steadyy' is no profile; did you mean steady\?"):
            await ModelComparator(registry).compare(["sim/steadyy"], "hi")
        with pytest.raises(UsageError, match="'zz' is no profile: use one of fast, steady"):
            registry.get_llm("sim", "zz")


def test_a_simulated_model_is_langchains_too() -> None:
    with _registry() as registry:
        assert registry.get_llm("sim", "fast", max_tokens=3).invoke("hi").text


async def test_its_limit_can_be_set_and_its_address_cannot() -> None:
    with _registry("[providers.sim]\nmax_concurrency = 7\n") as registry:
        async with registry.open([ModelId.parse("sim/fast")]) as (contestant,):
            assert contestant.max_concurrency == 7
    with _registry() as registry:
        async with registry.open([ModelId.parse("sim/fast")]) as (contestant,):
            assert contestant.max_concurrency == 256
    for name in ("sim", "replay", "local"):
        with pytest.raises(ConfigError, match=rf"providers\.{name}\.base_url cannot be set"):
            _registry(f'[providers.{name}]\nbase_url = "http://127.0.0.1/v1"\n')


async def test_the_doctor_has_nothing_to_say_of_them() -> None:
    registry = _registry("[providers.sim]\nmax_concurrency = 7\n")
    report = await examine(registry.configuration, environ={})
    assert not {"sim", "replay", "local"} & {check.name for check in report.providers}


@pytest.mark.parametrize(
    ("configured", "hint"),
    [("", "; did you mean berget?"), ('[providers.bergett]\nbase_url = "http://h/v1"\n', "")],
)
def test_a_provider_of_ones_own_is_no_slip_of_the_pen(configured: str, hint: str) -> None:
    terms = _registry(configured).prices(ModelId.parse("bergett/any"))
    assert isinstance(terms, NoTariff)
    said = f"no price is configured, and bergett is not in the catalogue{hint}"
    assert terms.reason == said


async def test_a_replay_costs_what_its_tokens_cost_then() -> None:
    rows = [
        {"prompt": "hi", "response": "yes", "model_id": name, "prompt_tokens": 10,
         "completion_tokens": 20}
        for name in ("target/known", "target/unknown", "nobody/x", "local/smollm2-135m", "plain")
    ]  # fmt: skip
    _write("r.jsonl", "\n".join(map(json.dumps, rows)))
    prices = (
        '[providers.target]\nbase_url = "http://127.0.0.1:1/v1"\n[providers.target.prices.known]\n'
    )
    with _registry(prices + "input = 1\noutput = 2\n") as registry:
        assert isinstance(await _prices(registry, "replay/r.jsonl#target/known"), Tariff)
        for name in ("target/unknown", "nobody/x", "local/smollm2-135m", "plain"):
            found = await _prices(registry, f"replay/r.jsonl#{name}")
            assert found == NoTariff(reason="replayed")
        (result,) = await ModelComparator(registry).compare(["replay/r.jsonl#target/known"], "hi")
        assert result.metrics.cost == Decimal("0.00005")
        assert registry.get_llm("replay", "r.jsonl#plain").invoke("hi").text == "yes"
        with pytest.raises(UsageError, match="no answer of a model 'x'"):
            registry.get_llm("replay", "r.jsonl#x")


def test_the_simulator_is_loaded_only_when_it_is_named_and_ends_in_silence() -> None:
    code = """
import sys
from modelforge import ModelComparator, ModelForgeRegistry
registry = ModelForgeRegistry()
heavy = {"uvloop", "httptools"} & set(sys.modules)
assert not heavy, heavy
assert not any(name.startswith("modelforge.simulator") for name in sys.modules)
(result,) = ModelComparator(registry).compare_sync(["sim/fast"], "hi")
assert result.error is None, result.error
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
