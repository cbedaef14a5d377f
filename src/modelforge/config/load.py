"""A configuration, put together from its layers."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.load import load_catalogue
from modelforge.config.address import filled_url
from modelforge.config.builtin import ALIASES, BUILTIN, OWN_PROVIDERS
from modelforge.config.catalogue_layer import catalogue_layer, catalogue_origin, refreshed_folder
from modelforge.config.layers import (
    PROVIDER_NAME,
    Layer,
    environment_layers,
    file_layer,
    project_file,
    user_file,
)
from modelforge.config.legacy import legacy_path, read_legacy
from modelforge.config.schema import (
    CacheSettings,
    CompareSettings,
    ProviderSettings,
    RateSettings,
    Settings,
)
from modelforge.core.errors import ConfigError, UnknownProvider

if TYPE_CHECKING:
    from modelforge.config.validation import Unfit

BUILTIN_ORIGIN: Final = "built in"

_NAMES_SHOWN: Final = 20
_TABLES: Final[Mapping[str, type[Any]]] = {"compare": CompareSettings, "cache": CacheSettings}


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """Settings, and where each came from.

    ``origins`` maps a value's path (``("providers", "target", "base_url")``) to its source;
    ``files`` are the files that were read, the strongest first. ``catalogue`` is where providers
    that nobody configured come from; ``environ`` fills the templates of addresses, and
    ``stored_keys`` are those an earlier command kept, by provider.
    """

    settings: Settings
    origins: Mapping[tuple[str, ...], str]
    files: tuple[Path, ...]
    catalogue: Catalogue
    environ: Mapping[str, str] = field(repr=False)
    stored_keys: Mapping[str, str] = field(repr=False)

    def provider(self, name: str) -> ProviderSettings:
        """The settings of a provider, its address filled in.

        Raises:
            UnknownProvider: with the names that come close.
            MissingKey: a variable that its address is made of is not set.
            ConfigError: it is known but has no ``base_url``.
        """
        found = self.settings.providers.get(name)
        if found is None:
            raise UnknownProvider(_unknown_provider(name, self._names()))
        if found.base_url is None:
            if name not in OWN_PROVIDERS:
                raise ConfigError(_no_address(name, self.catalogue))
        elif "{" in found.base_url:
            url = filled_url(name, found.base_url, self.environ)
            found = replace(found, base_url=url)
        return found.with_stored_key(self.stored_keys.get(name))

    def origin(self, provider: str) -> str:
        """The strongest source that says anything of ``provider``."""
        sources = [
            self.origins[path] for path in self.origins if path[:2] == ("providers", provider)
        ]
        catalogue = catalogue_origin(self.catalogue)
        told = [source for source in sources if source not in {BUILTIN_ORIGIN, catalogue}]
        if told:
            return told[-1]
        return BUILTIN_ORIGIN if BUILTIN_ORIGIN in sources else catalogue

    def is_configured(self, provider: str) -> bool:
        """Whether a file, a variable or an option says anything of ``provider``."""
        known = {BUILTIN_ORIGIN, catalogue_origin(self.catalogue)}
        return provider in self.stored_keys or self.origin(provider) not in known

    def _names(self) -> list[str]:
        """The known providers, those that are not only in the catalogue first."""
        names = self.settings.providers
        listed = catalogue_origin(self.catalogue)
        return sorted(names, key=lambda name: (self.origin(name) == listed, name))


def load_configuration(
    *,
    file: Path | None = None,
    options: Sequence[Layer] = (),
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Configuration:
    """Read what is configured.

    From weakest to strongest: the catalogue, built in, an earlier command's file, the user's
    file, the project's, environment, options.

    Args:
        file: read this file instead of the project's and the user's, the earlier command's too
            (also the environment variable ``MODELFORGE_CONFIG``).
        options: layers that win over everything, the strongest last.
        environ: the environment; by default this process's.
        folder: where to look for the project's file; by default the working directory.

    Raises:
        ConfigError: a file cannot be read, or a value does not fit; one line, with its source.
    """
    environ = os.environ if environ is None else environ
    explicit = file or _path(environ.get("MODELFORGE_CONFIG"))
    catalogue = load_catalogue(refreshed_folder())
    legacy = read_legacy(legacy_path()) if explicit is None else None
    layers = known_layers(catalogue)
    known = len(layers)
    layers += [legacy.layer] if legacy is not None else []
    layers += _file_layers(explicit, folder or _here())
    layers += environment_layers(environ, _provider_names(layers))
    layers += options
    values: dict[str, Any] = {}
    origins: dict[tuple[str, ...], str] = {}
    for layer in layers:
        merge(values, layer.values, layer.origin, origins)
    ours = len(layers) == known and catalogue.origin == "embedded"
    return Configuration(
        settings=built_in_settings(values) if ours else _validated(values, origins),
        origins=origins,
        files=tuple(layer.path for layer in reversed(layers) if layer.path is not None),
        catalogue=catalogue,
        environ=environ,
        stored_keys={} if legacy is None else legacy.keys,
    )


def known_layers(catalogue: Catalogue) -> list[Layer]:
    """The catalogue and what is built in; an alias has whatever its provider has in either."""
    return [
        _with_aliases(catalogue_layer(catalogue)),
        _with_aliases(Layer(origin=BUILTIN_ORIGIN, values=BUILTIN)),
    ]


def _with_aliases(layer: Layer) -> Layer:
    tables = layer.values["providers"]
    aliases = {alias: tables[name] for alias, name in ALIASES.items() if name in tables}
    return replace(layer, values={"providers": {**tables, **aliases}})


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


def merge(
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
            merge(below, value, origin, origins, (*path, key))
        else:
            into[key] = value
            # Re-inserted, so that the order of origins is the order of strength.
            origins.pop((*path, key), None)
            origins[(*path, key)] = origin


def built_in_settings(values: Mapping[str, Any]) -> Settings:
    """Settings of this package's own values alone, which were checked before it was released."""
    providers: dict[str, ProviderSettings] = {}
    for name, table in values["providers"].items():
        names, url = table.get("api_key_env", ()), table.get("base_url")
        given = {
            "api_key_env": (names,) if isinstance(names, str) else tuple(names),
            "base_url": None if url is None else url.rstrip("/"),
        }
        providers[name] = ProviderSettings(**{**table, **given})
    return Settings(providers=providers)


def _validated(values: Mapping[str, Any], origins: Mapping[tuple[str, ...], str]) -> Settings:
    from modelforge.config.validation import Unfit, validated  # noqa: PLC0415 (it loads pydantic)

    try:
        settings = validated(values)
    except Unfit as fault:
        raise ConfigError(_invalid(fault, values, origins)) from None
    for name in sorted(OWN_PROVIDERS):
        path = ("providers", name, "base_url")
        if settings.providers[name].base_url is not None:
            raise ConfigError(
                f"{origins[path]}: {'.'.join(path)} cannot be set: these models are served from "
                "this process; give a server of your own another name"
            )
    for name in settings.providers:
        if not PROVIDER_NAME.match(name):
            raise ConfigError(
                f"{origins[('providers', name)]}: {name!r} cannot be a provider's name: "
                "use letters, digits, '.', '_' and '-'"
            )
    return settings


def _invalid(
    fault: Unfit, values: Mapping[str, Any], origins: Mapping[tuple[str, ...], str]
) -> str:
    """One line about one value that does not fit; a value that may be secret is never quoted."""
    path, message = fault.path, fault.message
    named = ".".join(path)
    origin = next(
        (origins[path[:length]] for length in range(len(path), 0, -1) if path[:length] in origins),
        "configuration",
    )
    if fault.unknown:
        if "key" in path[-1] or "token" in path[-1] or "secret" in path[-1]:
            return (
                f"{origin}: {named} is not a setting: keys are never written in configuration; "
                "name the environment variable that holds it with api_key_env"
            )
        return f"{origin}: {named} is not a setting{_suggest(path[-1], _fields_at(path))}"
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
    table: type[Any] = Settings
    if path[0] == "providers" and "prices" in path:
        table = RateSettings
    elif path[0] == "providers" and len(path) > 1:
        table = ProviderSettings
    elif path[0] in _TABLES and len(path) > 1:
        table = _TABLES[path[0]]
    return [field.name for field in fields(table)]


def _no_address(name: str, catalogue: Catalogue) -> str:
    advice = f"add one to [providers.{name}] in modelforge.toml"
    known = catalogue.provider(name)
    if known is None or known.protocol is not None:
        return f"provider {name!r} has no base_url: {advice}"
    return (
        f"provider {name!r} has no base_url: the catalogue knows it only through its own package "
        f"{known.package}, whose protocol is not spoken here; if it has an OpenAI-compatible "
        f"address, {advice}"
    )


def _unknown_provider(name: str, known: Sequence[str]) -> str:
    hint = _suggest(name, known)
    if not hint:
        shown = ", ".join(known[:_NAMES_SHOWN])
        hint = f"; known: {shown} and {len(known) - _NAMES_SHOWN} more (modelforge models list)"
    return (
        f"unknown provider {name!r}{hint}; "
        f"to add a server of your own, give it a base_url in [providers.{name}] of modelforge.toml"
    )


def _suggest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word.lower(), list(known), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(close)}?" if close else ""
