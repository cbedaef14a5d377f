"""Who serves models, and how they are reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelforge.core.address import TEMPLATE

_KEY_NAME = re.compile(r".*(KEY|TOKEN|PAT)\Z")

# The wire protocol that an SDK package of the source implies.
_PROTOCOLS: Final = {
    "@ai-sdk/openai": "openai",
    "@ai-sdk/openai-compatible": "openai",
    "@openrouter/ai-sdk-provider": "openai",
    "@ai-sdk/anthropic": "anthropic",
    "@ai-sdk/google": "google",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """A provider as the catalogue knows it.

    Attributes:
        env: the environment variables it is set up with, keys and others.
        package: the SDK package the source names for it.
        api: the address its protocol's paths stand under, None when the package implies it; parts
            of it may be templates (``TEMPLATE``).
        doc: where its models are documented.
    """

    id: str
    name: str
    env: tuple[str, ...] = ()
    package: str | None = None
    api: str | None = None
    doc: str | None = None

    @property
    def protocol(self) -> str | None:
        """``openai``, ``anthropic`` or ``google``; None for one that only its package speaks."""
        return _PROTOCOLS.get(self.package or "")

    @property
    def key_variables(self) -> tuple[str, ...]:
        """Those of ``env`` that hold a key."""
        templated = set(TEMPLATE.findall(self.api or ""))
        return tuple(name for name in self.env if _KEY_NAME.match(name) and name not in templated)


def encode_provider(provider: Provider) -> dict[str, Any]:
    """``provider`` without its id as a JSON object; empty fields are left out."""
    fields = {
        "name": provider.name,
        "env": list(provider.env),
        "protocol": provider.protocol,
        "package": provider.package,
        "api": provider.api,
        "doc": provider.doc,
    }
    return {name: value for name, value in fields.items() if value}


def decode_providers(objects: Mapping[str, Mapping[str, Any]]) -> dict[str, Provider]:
    """The providers of a file that `encode_provider` wrote, by id."""
    return {
        id_: Provider(
            id=id_,
            name=fields["name"],
            env=tuple(fields.get("env", ())),
            package=fields.get("package"),
            api=fields.get("api"),
            doc=fields.get("doc"),
        )
        for id_, fields in objects.items()
    }
