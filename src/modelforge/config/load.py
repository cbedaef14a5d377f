"""A configuration, put together from its layers."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from modelforge.config.builtin import BUILTIN, LOCAL_PROVIDER
from modelforge.config.layers import (
    Layer,
    environment_layers,
    file_layer,
    project_file,
    user_file,
)
from modelforge.config.schema import ProviderSettings, RateSettings, Settings
from modelforge.core.errors import ConfigError, UnknownProvider

BUILTIN_ORIGIN: Final = "built in"

_PROVIDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """Settings, and where each came from.

    ``origins`` maps a value's path (``("providers", "target", "base_url")``) to its source;
    ``files`` are the files that were read, the strongest first.
    """

    settings: Settings
    origins: Mapping[tuple[str, ...], str]
    files: tuple[Path, ...]

    def provider(self, name: str) -> ProviderSettings:
        """The settings of a provider.

        Raises:
            UnknownProvider: with the names that come close.
            ConfigError: it is known but has no ``base_url``.
        """
        found = self.settings.providers.get(name)
        if found is None:
            raise UnknownProvider(_unknown_provider(name, self.settings.providers))
        if found.base_url is None and name != LOCAL_PROVIDER:
            raise ConfigError(
                f"provider {name!r} has no base_url: "
                f"add one to [providers.{name}] in modelforge.toml"
            )
        return found

    def origin(self, provider: str) -> str:
        """The strongest source that says anything of ``provider``."""
        sources = [
            self.origins[path] for path in self.origins if path[:2] == ("providers", provider)
        ]
        return next(
            (source for source in reversed(sources) if source != BUILTIN_ORIGIN), BUILTIN_ORIGIN
        )


def load_configuration(
    *,
    file: Path | None = None,
    options: Sequence[Layer] = (),
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Configuration:
    """Read what is configured.

    From weakest to strongest: built in, the user's file, the project's, environment, options.

    Args:
        file: read this file instead of the project's and the user's
            (also the environment variable ``MODELFORGE_CONFIG``).
        options: layers that win over everything, the strongest last.
        environ: the environment; by default this process's.
        folder: where to look for the project's file; by default the working directory.

    Raises:
        ConfigError: a file cannot be read, or a value does not fit; one line, with its source.
    """
    environ = os.environ if environ is None else environ
    layers = [Layer(origin=BUILTIN_ORIGIN, values=BUILTIN)]
    layers += _file_layers(file or _path(environ.get("MODELFORGE_CONFIG")), folder or _here())
    layers += environment_layers(environ, _provider_names(layers))
    layers += options
    values: dict[str, Any] = {}
    origins: dict[tuple[str, ...], str] = {}
    for layer in layers:
        _merge(values, layer.values, layer.origin, origins)
    return Configuration(
        settings=_validated(values, origins),
        origins=origins,
        files=tuple(layer.path for layer in reversed(layers) if layer.path is not None),
    )


def _path(text: str | None) -> Path | None:
    try:
        return Path(text).expanduser() if text else None
    except RuntimeError:
        raise ConfigError(
            f"MODELFORGE_CONFIG: {text!r} names a home folder that is not there"
        ) from None


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigError(
            "the working directory no longer exists; change to one that does"
        ) from None


def _file_layers(explicit: Path | None, folder: Path) -> list[Layer]:
    if explicit is not None:
        return [file_layer(explicit)]
    project = project_file(folder)
    user = user_file()
    return [file_layer(path) for path in (user, project) if path is not None and path.is_file()]


def _provider_names(layers: Iterable[Layer]) -> list[str]:
    names: list[str] = []
    for layer in layers:
        providers = layer.values.get("providers", {})
        if isinstance(providers, Mapping):
            names += providers
    return names


def _merge(
    into: dict[str, Any],
    values: Mapping[str, Any],
    origin: str,
    origins: dict[tuple[str, ...], str],
    path: tuple[str, ...] = (),
) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            below = into.get(key)
            if not isinstance(below, dict):
                below = into[key] = {}
            origins[(*path, key)] = origin
            _merge(below, value, origin, origins, (*path, key))
        else:
            into[key] = value
            # Re-inserted, so that the order of origins is the order of strength.
            origins.pop((*path, key), None)
            origins[(*path, key)] = origin


def _validated(values: Mapping[str, Any], origins: Mapping[tuple[str, ...], str]) -> Settings:
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = tuple(str(part) for part in first["loc"])
        raise ConfigError(_invalid(path, first["type"], first["msg"], values, origins)) from None
    if settings.providers[LOCAL_PROVIDER].base_url is not None:
        path = ("providers", LOCAL_PROVIDER, "base_url")
        raise ConfigError(
            f"{origins[path]}: {'.'.join(path)} cannot be set: these models are served from this "
            "process; give a server of your own another name"
        )
    for name in settings.providers:
        if not _PROVIDER_NAME.match(name):
            raise ConfigError(
                f"{origins[('providers', name)]}: {name!r} cannot be a provider's name: "
                "use letters, digits, '.', '_' and '-'"
            )
    return settings


def _invalid(
    path: tuple[str, ...],
    kind: str,
    message: str,
    values: Mapping[str, Any],
    origins: Mapping[tuple[str, ...], str],
) -> str:
    """One line about one value that does not fit; a value that may be secret is never quoted."""
    named = ".".join(path)
    origin = next(
        (origins[path[:length]] for length in range(len(path), 0, -1) if path[:length] in origins),
        "configuration",
    )
    if kind == "extra_forbidden":
        if "key" in path[-1] or "token" in path[-1] or "secret" in path[-1]:
            return (
                f"{origin}: {named} is not a setting: keys are never written in configuration; "
                "name the environment variable that holds it with api_key_env"
            )
        return f"{origin}: {named} is not a setting{_suggest(path[-1], _fields_at(path))}"
    message = message.removeprefix("Value error, ")
    value = _look_up(values, path)
    # What the environment holds, and an address with more than a path, may be a secret.
    secret = "headers" in path or "api_key_env" in path or origin.startswith("environment")
    secret = secret or re.search("[@?#]", str(value)) is not None
    quoted = "" if value is None or secret else f" ({value!r:.80})"
    return f"{origin}: {named}{quoted}: {message[:1].lower()}{message[1:]}"


def _look_up(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return None if isinstance(values, Mapping) else values


def _fields_at(path: tuple[str, ...]) -> list[str]:
    model: Any = Settings
    if path[0] == "providers" and "prices" in path:
        model = RateSettings
    elif path[0] == "providers" and len(path) > 1:
        model = ProviderSettings
    elif path[0] == "compare" and len(path) > 1:
        model = Settings.model_fields["compare"].annotation
    return list(model.model_fields)


def _unknown_provider(name: str, known: Mapping[str, object]) -> str:
    hint = _suggest(name, known)
    return (
        f"unknown provider {name!r}{hint or '; known: ' + ', '.join(sorted(known))}; "
        f"to add a server of your own, give it a base_url in [providers.{name}] of modelforge.toml"
    )


def _suggest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word.lower(), list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(close)}?" if close else ""
