from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelforge.catalogue.load import load_catalogue
from modelforge.config.layers import assignment_layer, option_layer
from modelforge.config.load import (
    Configuration,
    built_in_settings,
    known_layers,
    load_configuration,
    merge,
)
from modelforge.config.validation import validated
from modelforge.core.errors import ConfigError, MissingKey, ModelForgeError, UnknownProvider

TARGET = """
[providers.target]
protocol = "openai"
base_url = "http://127.0.0.1:9100/v1/"
api_key_env = "TARGET_KEY"
max_concurrency = 64
headers = { X-Team = "search" }

[providers.target.prices."some-model"]
input = 2.5
output = 10
"""


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


def _load(folder: Path, text: str | None = None, **options: object) -> Configuration:
    if text is not None:
        (folder / "modelforge.toml").write_text(text)
    options.setdefault("environ", {})
    return load_configuration(folder=folder, **options)  # type: ignore[arg-type]


def _refusal(folder: Path, text: str | None = None, **options: object) -> str:
    with pytest.raises(ConfigError) as refused:
        _load(folder, text, **options)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_a_provider_as_documented(tmp_path: Path) -> None:
    target = _load(tmp_path, TARGET).provider("target")
    assert target.base_url == "http://127.0.0.1:9100/v1"
    assert target.api_key_env == ("TARGET_KEY",)
    assert target.max_concurrency == 64
    assert target.headers == {"X-Team": "search"}
    assert str(target.prices["some-model"].input) == "2.5"


def test_the_strongest_source_wins_and_is_named(tmp_path: Path) -> None:
    user = tmp_path / "xdg" / "modelforge" / "modelforge.toml"
    user.parent.mkdir(parents=True)
    user.write_text('[providers.a]\nbase_url = "http://user/v1"\nmax_concurrency = 1\n')
    project = '[providers.a]\nbase_url = "http://project/v1"\n'
    variable = "MODELFORGE_PROVIDERS__A__BASE_URL"

    from_files = _load(tmp_path, project)
    assert from_files.provider("a").base_url == "http://project/v1"
    assert from_files.provider("a").max_concurrency == 1
    assert from_files.files == (tmp_path / "modelforge.toml", user)
    assert from_files.origin("a") == str(tmp_path / "modelforge.toml")

    from_environment = _load(tmp_path, environ={variable: "http://environment/v1"})
    assert from_environment.provider("a").base_url == "http://environment/v1"
    assert from_environment.origin("a") == f"environment variable {variable}"

    from_option = _load(
        tmp_path,
        environ={variable: "http://environment/v1"},
        options=[assignment_layer("providers.a.base_url=http://option/v1")],
    )
    assert from_option.provider("a").base_url == "http://option/v1"
    assert from_option.origin("a") == "option --set"


def test_a_file_by_name_is_read_alone(tmp_path: Path) -> None:
    _load(tmp_path, TARGET)
    other = tmp_path / "other.toml"
    other.write_text('[providers.other]\nbase_url = "http://other/v1"\n')
    for options in ({"file": other}, {"environ": {"MODELFORGE_CONFIG": str(other)}}):
        configuration = _load(tmp_path, **options)
        assert configuration.files == (other,)
        assert "target" not in configuration.settings.providers


def test_the_project_file_is_found_from_below_but_not_beyond_the_repository(tmp_path: Path) -> None:
    (tmp_path / "modelforge.toml").write_text(TARGET)
    below = tmp_path / "repository" / "deep"
    below.mkdir(parents=True)
    assert "target" in _load(below).settings.providers
    (tmp_path / "repository" / ".git").mkdir()
    assert "target" not in _load(below).settings.providers


def test_environment_names_match_providers_with_dashes(tmp_path: Path) -> None:
    text = '[providers.My-Server]\nbase_url = "http://a/v1"\n'
    environ = {"MODELFORGE_PROVIDERS__MY_SERVER__MAX_CONCURRENCY": "7"}
    assert _load(tmp_path, text, environ=environ).provider("My-Server").max_concurrency == 7


def test_one_field_of_a_built_in_provider_can_be_changed(tmp_path: Path) -> None:
    changed = _load(tmp_path, environ={"OPENAI_BASE_URL": "http://gateway/v1"}).provider("openai")
    assert (changed.base_url, changed.api_key_env) == ("http://gateway/v1", ("OPENAI_API_KEY",))


def test_tables_from_the_environment_are_toml(tmp_path: Path) -> None:
    environ = {"MODELFORGE_PROVIDERS__OPENAI__HEADERS": '{ X-Team = "search" }'}
    assert _load(tmp_path, environ=environ).provider("openai").headers == {"X-Team": "search"}


def test_an_unknown_provider_is_refused_with_those_that_come_close(tmp_path: Path) -> None:
    with pytest.raises(UnknownProvider, match="did you mean openai"):
        _load(tmp_path).provider("opnai")


def test_a_provider_without_a_url_cannot_be_used(tmp_path: Path) -> None:
    configuration = _load(tmp_path, "[providers.a]\nmax_concurrency = 3\n")
    with pytest.raises(ConfigError, match="no base_url"):
        configuration.provider("a")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[providers.a\n", "line 1, column 13"),
        ('[providers.a]\nbase_ur = "http://a"\n', "did you mean base_url"),
        ('[providers.a]\nbase_url = "ftp://a"\n', "'ftp://a'"),
        ('[providers.a]\nbase_url = "http://"\n', "host"),
        ('[providers.a]\nbase_url = "http://a:99999999"\n', "range"),
        ('[providers.a]\nbase_url = "http://a/?key=1"\n', "query"),
        ("[providers.local]\nbase_url = 'http://a/v1'\n", "cannot be set"),
        ("[providers.a]\nheaders = { 'a b' = 'x' }\n", "header's name"),
        ('[providers.a]\nheaders = { A = "x\\ny" }\n', "one line"),
        ("[providers.a]\nheaders = { content-length = '3' }\n", "leave it out"),
        ("[compare]\ntimeout_s = true\n", "number"),
        ("[providers.a]\nmax_concurrency = 0\n", "greater than or equal to 1"),
        ('[providers.a]\nprotocol = "smtp"\n', "'openai'"),
        ("[providers.a]\nheaders = { A = 1 }\n", "valid string"),
        ('[providers."a b"]\n', "provider's name"),
        ("providers = 3\n", "dictionary"),
        ("[compare]\ntimeout_s = -1\n", "-1"),
        ("[compare]\ntimeout_s = nan\n", "timeout_s"),
        ("[comprae]\n", "did you mean compare"),
        ('[providers.a.prices.m]\ninput = "cheap"\noutput = 1\n', "'cheap'"),
    ],
)
def test_what_does_not_fit_is_named_with_its_file_and_value(
    tmp_path: Path, text: str, words: str
) -> None:
    message = _refusal(tmp_path, text)
    assert str(tmp_path / "modelforge.toml") in message
    assert words in message


@pytest.mark.parametrize(
    "text",
    [
        '[providers.a]\napi_key = "sk-very-secret"\n',
        '[providers.a]\napi_key_env = "sk-very-secret"\n',
        '[providers.a]\nbase_url = "http://host/v1?key=sk-very-secret"\n',
        '[providers.a]\nbase_url = "http://user:sk-very-secret@host/v1"\n',
        '[providers.a]\nheaders = { A = ["sk-very-secret"] }\n',
    ],
)
def test_a_key_in_the_wrong_place_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    assert "sk-very-secret" not in _refusal(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot read" in _refusal(tmp_path, file=tmp_path / "absent.toml")
    assert "cannot read" in _refusal(tmp_path, file=tmp_path)
    (tmp_path / "modelforge.toml").write_bytes(b"\xff\xfe")
    assert "UTF-8" in _refusal(tmp_path)
    (tmp_path / "modelforge.toml").write_text("a = " + "[" * 5000)
    assert "modelforge.toml" in _refusal(tmp_path)


@pytest.mark.parametrize(
    "assignment", ["", "=", "a", "a..b=1", "providers.a.headers={", "a=[" + "[" * 5000, "a b=1"]
)
def test_broken_assignments(assignment: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        assignment_layer(assignment)


def test_a_name_with_a_dot_is_quoted(tmp_path: Path) -> None:
    layer = assignment_layer('providers."my.server".base_url=http://dotted/v1')
    assert _load(tmp_path, options=[layer]).provider("my.server").base_url == "http://dotted/v1"


def test_what_the_environment_holds_is_not_quoted(tmp_path: Path) -> None:
    for variable in ("MODELFORGE_PROVIDERS__A__MAX_CONCURRENCY", "MODELFORGE_PROVIDERS__OPENAI"):
        message = _refusal(tmp_path, environ={variable: "very-secret-value"})
        assert "very-secret-value" not in message
        assert variable in message


def test_a_key_where_a_variables_name_belongs_is_not_shown(tmp_path: Path) -> None:
    message = _refusal(tmp_path, '[providers.a]\napi_key_env = "gsk_a1B2c3D4e5F6g7H8i9"\n')
    assert "gsk_a1B2" not in message


def test_an_option_is_named_when_its_value_does_not_fit(tmp_path: Path) -> None:
    layer = option_layer("--timeout", ["compare", "timeout_s"], -1)
    assert "option --timeout: compare.timeout_s (-1)" in _refusal(tmp_path, options=[layer])


def test_all_of_it_exits_with_2(tmp_path: Path) -> None:
    with pytest.raises(ModelForgeError) as refused:
        _load(tmp_path, "[")
    assert refused.value.exit_code == 2


def test_the_catalogue_is_the_weakest_layer(tmp_path: Path) -> None:
    listed = _load(tmp_path)
    assert listed.provider("openrouter").base_url == "https://openrouter.ai/api/v1"
    assert listed.provider("openrouter").api_key_env == ("OPENROUTER_API_KEY",)
    assert listed.origin("openrouter") == f"catalogue of {listed.catalogue.dated}"
    assert listed.origin("openai") == "built in"
    changed = _load(tmp_path, "[providers.openrouter]\nmax_concurrency = 3\n")
    assert changed.provider("openrouter").base_url == "https://openrouter.ai/api/v1"
    assert changed.origin("openrouter") == str(tmp_path / "modelforge.toml")


def test_short_names_stand_for_providers_of_the_catalogue(tmp_path: Path) -> None:
    configuration = _load(tmp_path)
    for alias, name in (("together", "togetherai"), ("fireworks", "fireworks-ai")):
        assert configuration.provider(alias) == configuration.provider(name)


def test_every_provider_of_the_catalogue_is_a_valid_setting(tmp_path: Path) -> None:
    configuration = _load(tmp_path)
    assert len(configuration.catalogue.providers) > 150
    for name in configuration.catalogue.providers:
        settings = configuration.settings.providers[name]
        assert (
            settings.base_url is None
            or settings.base_url.partition("://")[1]
            or "{" in (settings.base_url)
        )


def test_a_provider_that_only_its_package_reaches_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="only through its own package watsonx-ai-provider"):
        _load(tmp_path).provider("watsonx")


def test_unknown_names_are_compared_with_the_whole_catalogue(tmp_path: Path) -> None:
    with pytest.raises(UnknownProvider, match="did you mean openrouter"):
        _load(tmp_path).provider("openrouterr")
    with pytest.raises(UnknownProvider, match=r"known: amazon-bedrock, .* and \d+ more") as refused:
        _load(tmp_path).provider("zzzzzz")
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    ("provider", "variable", "value", "url"),
    [
        ("azure", "AZURE_RESOURCE_NAME", "mine", "https://mine.openai.azure.com/openai/v1"),
        (
            "amazon-bedrock",
            "AWS_REGION",
            "eu-west-1",
            "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1",
        ),
        ("neon", "NEON_AI_GATEWAY_BASE_URL", "https://a.test/", "https://a.test/v1"),
    ],
)
def test_addresses_are_made_from_the_environment(
    tmp_path: Path, provider: str, variable: str, value: str, url: str
) -> None:
    assert _load(tmp_path, environ={variable: value}).provider(provider).base_url == url
    with pytest.raises(MissingKey, match=f"needs {variable}"):
        _load(tmp_path).provider(provider)


@pytest.mark.parametrize("value", ["a.test/x?", "user@evil", "a b", "https://a.test"])
def test_a_variable_that_would_change_the_host_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="AZURE_RESOURCE_NAME cannot be part"):
        _load(tmp_path, environ={"AZURE_RESOURCE_NAME": value}).provider("azure")


def test_several_key_variables(tmp_path: Path) -> None:
    text = '[providers.a]\nbase_url = "http://a/v1"\napi_key_env = ["FIRST", "SECOND"]\n'
    assert _load(tmp_path, text).provider("a").api_key_env == ("FIRST", "SECOND")
    for wrong in ('["FIRST", "sk-very-secret"]', "[1]"):
        message = _refusal(tmp_path, f"[providers.a]\napi_key_env = {wrong}\n")
        assert "api_key_env" in message
        assert "sk-very-secret" not in message


@pytest.mark.parametrize(
    ("provider", "protocol"),
    [("openai", "openai"), ("anthropic", "anthropic"), ("google", "google")],
)
def test_vendors_are_asked_in_their_own_protocols(
    tmp_path: Path, provider: str, protocol: str
) -> None:
    assert _load(tmp_path).provider(provider).protocol == protocol


def test_what_vendors_take_under_another_name(tmp_path: Path) -> None:
    configuration = _load(tmp_path)
    mistral = configuration.settings.providers["mistral"]
    assert (mistral.seed_field, mistral.stream_options) == ("random_seed", False)
    assert configuration.settings.providers["cohere"].stream_options is False
    azure = configuration.settings.providers["azure"]
    assert azure.max_tokens_field == "max_completion_tokens"


def test_the_responses_protocol_can_be_chosen(tmp_path: Path) -> None:
    text = '[providers.openai]\nprotocol = "openai-responses"\n'
    assert _load(tmp_path, text).provider("openai").protocol == "openai-responses"


def test_a_file_without_end_is_not_read_for_ever(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load_configuration(environ={"MODELFORGE_CONFIG": "/dev/zero"}, folder=tmp_path)


def test_a_file_with_the_line_ends_of_windows(tmp_path: Path) -> None:
    file = tmp_path / "modelforge.toml"
    file.write_bytes(b"\xef\xbb\xbf[compare]\r\nmax_retries = 5\r\n")
    found = load_configuration(environ={}, folder=tmp_path)
    assert found.settings.compare.max_retries == 5


def test_what_is_built_in_passes_the_checks_that_it_is_spared() -> None:
    values: dict[str, Any] = {}
    for layer in known_layers(load_catalogue()):
        merge(values, layer.values, layer.origin, {})
    assert len(values["providers"]) > 50
    assert built_in_settings(values) == validated(values)
