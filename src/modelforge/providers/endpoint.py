"""Servers that are simply there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedEndpoint:
    """A server that is simply there."""

    url: str

    async def base_url(self) -> str:
        """The URL it was given."""
        return self.url
