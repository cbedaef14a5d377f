"""What is configured, from where, and does it answer."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from modelforge.config.builtin import ALIASES, OWN_PROVIDERS
from modelforge.config.catalogue_layer import catalogue_origin
from modelforge.config.layers import FILE_NAME, user_file
from modelforge.config.legacy import legacy_path
from modelforge.config.load import Configuration
from modelforge.config.schema import ProviderSettings
from modelforge.core.errors import ConfigError, MissingKey
from modelforge.core.ports import Clock
from modelforge.providers.connection import connect
from modelforge.providers.credentials import set_variable
from modelforge.providers.probe import probe
from modelforge.providers.sessions import HttpSessions

PROBE_TIMEOUT_S: Final = 5.0

Status = Literal["answers", "fails", "not running", "no key"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderCheck:
    """One provider.

    Attributes:
        origin: the strongest source that configures it.
        key: the environment variables that may hold its key, and which is set; never its value.
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
    """``files`` are the configuration files in use, ``searched`` the places looked at.

    ``listed`` is how many more providers the catalogue knows, with no key set: they are not asked.
    """

    files: tuple[Path, ...]
    searched: tuple[str, ...]
    providers: tuple[ProviderCheck, ...]
    listed: int

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
    known = configuration.settings.providers
    names = [name for name in known if _is_asked(name, configuration, environ)]
    async with HttpSessions() as sessions:
        examiner = _Examiner(
            configuration=configuration, environ=environ, sessions=sessions, clock=clock
        )
        checks = await asyncio.gather(*(examiner.check(name) for name in names))
    return DoctorReport(
        files=configuration.files,
        searched=(f"{FILE_NAME} here or above", str(user_file())),
        providers=tuple(checks),
        listed=len(configuration.catalogue.providers.keys() - set(names)),
    )


def _is_asked(name: str, configuration: Configuration, environ: Mapping[str, str]) -> bool:
    """Whether a provider was set up, is built in, or has its key in the environment.

    A token (GITHUB_TOKEN) often serves other purposes, and a key that several providers share is
    not meant for all of them: neither sets up a provider that only the catalogue names.
    """
    if name in OWN_PROVIDERS:
        return False
    if name in ALIASES and not configuration.is_configured(name):
        return False
    if configuration.origin(name) != catalogue_origin(configuration.catalogue):
        return True
    known = configuration.settings.providers
    set_up = set_variable([key for key in known[name].api_key_env if key.endswith("KEY")], environ)
    if set_up is None or known[name].base_url is None:
        return False
    return [set_up in known[other].api_key_env for other in known].count(True) == 1


def _key(settings: ProviderSettings, environ: Mapping[str, str], *, stored: bool) -> str:
    variable = set_variable(settings.api_key_env, environ)
    if variable is not None:
        return f"{variable} (set)"
    if stored:
        return f"stored in {legacy_path()}"
    variables = " or ".join(settings.api_key_env)
    return f"{variables} (not set)" if variables else "none needed"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Examiner:
    configuration: Configuration
    environ: Mapping[str, str]
    sessions: HttpSessions
    clock: Clock

    async def check(self, name: str) -> ProviderCheck:
        settings = self.configuration.settings.providers[name]
        origin = self.configuration.origin(name)
        status: Status
        try:
            status, detail = await self._ask(name)
        except MissingKey as error:
            status, detail = "no key", str(error)
        except ConfigError as error:
            status, detail = "fails", str(error)
        if self.configuration.is_configured(name):
            status = "fails" if status == "no key" else status
        elif status == "fails" and not settings.api_key_env:
            status = "not running"
        return ProviderCheck(
            name=name,
            protocol=settings.protocol,
            base_url=settings.base_url or "",
            origin=origin,
            key=_key(settings, self.environ, stored=name in self.configuration.stored_keys),
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
        listed = "" if found.models is None else f", {_models(found.models)}"
        return "answers", f"in {found.latency_s * 1000:.0f} ms{listed}"


def _models(number: int) -> str:
    return "1 model" if number == 1 else f"{number:,} models"
