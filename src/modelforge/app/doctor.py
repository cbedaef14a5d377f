"""What is configured, from where, and does it answer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from modelforge.config.builtin import LOCAL_PROVIDER
from modelforge.config.layers import FILE_NAME, user_file
from modelforge.config.load import BUILTIN_ORIGIN, Configuration
from modelforge.core.errors import ConfigError, MissingKey
from modelforge.core.ports import Clock
from modelforge.providers.connection import connect
from modelforge.providers.probe import probe
from modelforge.providers.sessions import HttpSessions

PROBE_TIMEOUT_S: Final = 5.0

Status = Literal["answers", "fails", "not running", "no key"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderCheck:
    """One provider.

    Attributes:
        origin: the strongest source that configures it.
        key: the environment variable that holds its key, and whether it is set; never its value.
        header_names: the names of the headers sent with every request; never their values.
        status: ``not running`` is a server on this machine that nobody configured, ``no key`` a
            built-in provider that nobody set up; neither is a fault.
        detail: how fast it answered and how many models it lists, or what failed.
    """

    name: str
    protocol: str
    base_url: str
    origin: str
    key: str
    header_names: tuple[str, ...]
    status: Status
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DoctorReport:
    """``files`` are the configuration files in use, ``searched`` the places looked at."""

    files: tuple[Path, ...]
    searched: tuple[str, ...]
    providers: tuple[ProviderCheck, ...]

    @property
    def healthy(self) -> bool:
        """Nothing that was set up fails."""
        return all(check.status != "fails" for check in self.providers)


async def examine(
    configuration: Configuration,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock = time.monotonic,
) -> DoctorReport:
    """Ask every provider that is set up, all at once; takes at most ``PROBE_TIMEOUT_S``."""
    names = [name for name in configuration.settings.providers if name != LOCAL_PROVIDER]
    async with HttpSessions() as sessions:
        examiner = _Examiner(
            configuration=configuration,
            environ=os.environ if environ is None else environ,
            sessions=sessions,
            clock=clock,
        )
        checks = await asyncio.gather(*(examiner.check(name) for name in names))
    return DoctorReport(
        files=configuration.files,
        searched=(f"{FILE_NAME} here or above", str(user_file())),
        providers=tuple(checks),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Examiner:
    configuration: Configuration
    environ: Mapping[str, str]
    sessions: HttpSessions
    clock: Clock

    async def check(self, name: str) -> ProviderCheck:
        settings = self.configuration.settings.providers[name]
        origin = self.configuration.origin(name)
        variable = settings.api_key_env
        key = "none needed" if variable is None else f"{variable} (set)"
        status: Status
        try:
            status, detail = await self._ask(name)
        except MissingKey as error:
            key = f"{variable} (not set)"
            status, detail = "no key", str(error)
        except ConfigError as error:
            status, detail = "fails", str(error)
        if origin == BUILTIN_ORIGIN:
            if status == "fails" and variable is None:
                status = "not running"
        elif status == "no key":
            status = "fails"
        return ProviderCheck(
            name=name,
            protocol=settings.protocol,
            base_url=settings.base_url or "",
            origin=origin,
            key=key,
            header_names=tuple(settings.headers),
            status=status,
            detail=detail,
        )

    async def _ask(self, name: str) -> tuple[Status, str]:
        settings = self.configuration.provider(name)
        base_url = settings.base_url or ""
        found = await probe(
            self.sessions.to(base_url),
            base_url,
            connection=connect(name, settings, self.environ),
            timeout_s=PROBE_TIMEOUT_S,
            clock=self.clock,
        )
        if found.error is not None:
            return "fails", str(found.error)
        listed = "" if found.models is None else f", {found.models} models"
        return "answers", f"in {found.latency_s * 1000:.0f} ms{listed}"
