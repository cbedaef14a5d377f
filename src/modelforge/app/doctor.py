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
from modelforge.config.schema import ProviderSettings
from modelforge.core.errors import ConfigError, MissingKey
from modelforge.core.ports import Clock
from modelforge.providers.connection import connect
from modelforge.providers.probe import Probe, probe
from modelforge.providers.sessions import HttpSessions, is_loopback

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
    environ = os.environ if environ is None else environ
    providers = {
        name: settings
        for name, settings in configuration.settings.providers.items()
        if name != LOCAL_PROVIDER
    }
    async with HttpSessions() as sessions:
        checks = await asyncio.gather(
            *(
                _check(name, settings, configuration.origin(name), sessions, environ, clock)
                for name, settings in providers.items()
            )
        )
    return DoctorReport(
        files=configuration.files,
        searched=(f"{FILE_NAME} here or above", str(user_file())),
        providers=tuple(checks),
    )


async def _check(
    name: str,
    settings: ProviderSettings,
    origin: str,
    sessions: HttpSessions,
    environ: Mapping[str, str],
    clock: Clock,
) -> ProviderCheck:
    variable = settings.api_key_env
    key = "none needed" if variable is None else f"{variable} (set)"
    set_up = origin != BUILTIN_ORIGIN
    status: Status
    try:
        connection = connect(name, settings, environ)
        if settings.base_url is None:
            raise ConfigError("no base_url")
        found = await probe(
            sessions.to(settings.base_url),
            settings.base_url,
            connection=connection,
            timeout_s=PROBE_TIMEOUT_S,
            clock=clock,
        )
        status, detail = _verdict(found)
        if found.error is not None and not set_up and is_loopback(settings.base_url):
            status = "not running"
    except MissingKey as error:
        key = f"{variable} (not set)"
        status, detail = ("fails" if set_up else "no key"), str(error)
    except ConfigError as error:
        status, detail = "fails", str(error)
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


def _verdict(found: Probe) -> tuple[Status, str]:
    if found.error is not None:
        return "fails", str(found.error)
    listed = "" if found.models is None else f", {found.models} models"
    return "answers", f"in {found.latency_s * 1000:.0f} ms{listed}"
