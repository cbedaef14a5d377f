"""Where configuration comes from: each source read into a layer of plain values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_path

from modelforge.core.errors import ConfigError

FILE_NAME: Final = "modelforge.toml"
MAX_BYTES: Final = 2**20
ENV_PREFIX: Final = "MODELFORGE_"
PROVIDER_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")

# Variables of the field that mean one of ours.
_ENV_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "OPENAI_BASE_URL": ("providers", "openai", "base_url")
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """Values as nested tables, and the place they were written in."""

    origin: str
    values: Mapping[str, Any]
    path: Path | None = None


def user_file() -> Path:
    """The user's own configuration file, in the XDG folder."""
    return user_config_path("modelforge", appauthor=False) / FILE_NAME


def project_file(start: Path) -> Path | None:
    """The nearest ``modelforge.toml`` at or above ``start``, no higher than a repository's root."""
    for folder in (start, *start.parents):
        candidate = folder / FILE_NAME
        if candidate.is_file():
            return candidate
        if (folder / ".git").exists():
            return None
    return None


class TooLarge(ValueError):
    """A file is larger than any configuration."""


def read_at_most(path: Path) -> bytes:
    """The bytes of a configuration file; a device without end is not read for ever.

    Raises:
        OSError: it cannot be read.
        TooLarge: it is larger than ``MAX_BYTES``.
    """
    with path.open("rb") as file:
        found = file.read(MAX_BYTES + 1)
    if len(found) > MAX_BYTES:
        raise TooLarge
    return found


def file_layer(path: Path) -> Layer:
    """Read a TOML file.

    Raises:
        ConfigError: it cannot be read, is not UTF-8 or not TOML (with line and column), or is
            larger than any configuration.
    """
    try:
        values = tomllib.loads(read_at_most(path).decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    except TooLarge:
        raise ConfigError(f"{path} is no configuration: it is larger than 1 MiB") from None
    except (RecursionError, ValueError):  # nested too deeply, a number too long
        raise ConfigError(f"{path} holds a value that cannot be read") from None
    return Layer(origin=str(path), values=values, path=path)


def environment_layers(environ: Mapping[str, str], known_providers: Sequence[str]) -> list[Layer]:
    """One layer a variable.

    ``MODELFORGE_PROVIDERS__TARGET__BASE_URL`` is ``providers.target.base_url``. A provider's name
    is matched with those known whatever its case, and with ``_`` for ``-`` and ``.``.
    """
    by_env_name = {re.sub(r"[-.]", "_", name).upper(): name for name in known_providers}
    layers = []
    for variable in sorted(environ):
        keys = _ENV_ALIASES.get(variable) or _keys(variable, by_env_name)
        if keys and environ[variable]:
            origin = f"environment variable {variable}"
            value = _value(environ[variable], origin)
            layers.append(Layer(origin=origin, values=_nested(keys, value)))
    return layers


def _keys(variable: str, by_env_name: Mapping[str, str]) -> tuple[str, ...] | None:
    """The path of the setting that ``variable`` names, or None for one that names none."""
    if not variable.startswith(ENV_PREFIX) or "__" not in variable:
        return None
    first, *rest = variable.removeprefix(ENV_PREFIX).split("__")
    keys = [first.lower(), *(key.lower() for key in rest)]
    if first == "PROVIDERS":
        keys[1] = by_env_name.get(rest[0].upper(), keys[1])
    return tuple(keys)


def assignment_layer(assignment: str) -> Layer:
    """Read one ``--set key.key=value``.

    Raises:
        ConfigError: it is not an assignment.
    """
    keys, equals, text = assignment.partition("=")
    path = _path_of(keys) if equals else []
    if not path:
        raise ConfigError(
            f"--set {keys[:80]!r} is not an assignment: write --set providers.NAME.base_url=URL"
            """ (a name with a dot in quotes: providers."my.server".base_url)"""
        )
    return option_layer("--set", path, _value(text, "option --set"))


def _path_of(dotted: str) -> list[str]:
    """The parts of a TOML key, which may be quoted; none when it is not a key."""
    try:
        table: Any = tomllib.loads(f"{dotted} = 0")
    except (ValueError, RecursionError):
        return []
    path = []
    while isinstance(table, dict) and len(table) == 1:
        ((key, table),) = table.items()
        path.append(key)
    return path if table == 0 else []


def option_layer(option: str, keys: Sequence[str], value: Any) -> Layer:
    """One setting, given by an option of the command."""
    return Layer(origin=f"option {option}", values=_nested(keys, value))


def _value(text: str, origin: str) -> Any:
    """A string, or the table or list that a value in TOML's brackets stands for."""
    if text[:1] not in {"{", "["}:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{origin}: its value is not valid TOML: {error}") from None
    except (RecursionError, ValueError):
        raise ConfigError(f"{origin}: its value cannot be read") from None


def _nested(keys: Sequence[str], value: Any) -> dict[str, Any]:
    *outer, last = keys
    table = {last: value}
    for key in reversed(outer):
        table = {key: table}
    return table
