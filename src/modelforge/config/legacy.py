"""The configuration of the earlier ``model-forge`` command: keys and addresses, read only.

Its shape is ``{"providers": {NAME: {"base_url": …, "auth_data": {"api_key": …}}}}``; a key that
stands directly under the provider's name is read too. Everything else in it is left alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from platformdirs import user_config_path

from modelforge.config.layers import PROVIDER_NAME, Layer, read_at_most
from modelforge.core.address import http_url

# Kinds of provider whose addresses are of another protocol than the one spoken here.
_OTHER_ADDRESSES: Final = frozenset({"ollama", "google_genai", "github_copilot"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class LegacyFile:
    """What was found: a layer without secrets, and keys by provider, never shown."""

    layer: Layer
    keys: Mapping[str, str] = field(repr=False)


def legacy_path() -> Path:
    """Where the earlier command kept the user's configuration."""
    return user_config_path("model-forge", appauthor=False) / "config.json"


def read_legacy(path: Path) -> LegacyFile | None:
    """Read the file; None when there is none, or it holds nothing of this shape. Never fails."""
    try:
        tree = json.loads(read_at_most(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("%s is not read: %s", path, type(error).__name__)
        return None
    providers = tree.get("providers") if isinstance(tree, dict) else None
    if not isinstance(providers, dict):
        return None
    tables: dict[str, dict[str, str]] = {}
    keys: dict[str, str] = {}
    for name, fields in providers.items():
        if isinstance(fields, dict) and PROVIDER_NAME.match(name):
            if address := _address(fields):
                tables[name] = {"base_url": address}
            if key := _key(fields):
                keys[name] = key
    if not tables and not keys:
        return None
    return LegacyFile(
        layer=Layer(origin=str(path), values={"providers": tables}, path=path), keys=keys
    )


def _address(fields: Mapping[str, Any]) -> str | None:
    address = fields.get("base_url")
    if not isinstance(address, str) or fields.get("llm_type") in _OTHER_ADDRESSES:
        return None
    try:
        return http_url(address)
    except ValueError:
        return None


def _key(fields: Mapping[str, Any]) -> str | None:
    auth = fields.get("auth_data")
    for table in (fields, auth if isinstance(auth, dict) else {}):
        key = table.get("api_key")
        if isinstance(key, str) and key.strip():
            return key.strip()
    return None
