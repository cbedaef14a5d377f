"""Where a benchmark's requests go: a model's server, or the model itself where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from modelforge.config.schema import ProviderSettings
from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.ports import ChatModel, Endpoint
from modelforge.pricing.tariff import NoTariff
from modelforge.providers.connection import connect
from modelforge.providers.proxy import proxy_for
from modelforge.wire.port_target import PortTarget
from modelforge.wire.target import Target

_CERTIFICATES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")

_KEPT: Final[list[object]] = []
"""What a worker's models live on, until it ends."""


async def wire_target(
    model_id: ModelId,
    settings: ProviderSettings,
    endpoint: Endpoint,
    *,
    generation: Generation,
    environ: Mapping[str, str],
    stop: tuple[str, ...] = (),
) -> Target:
    """The server behind ``endpoint``, which is started where it is this machine's own.

    Raises:
        MissingKey: the provider's key is not set.
        UsageError: it is only reached through a proxy, or the file of certificates is missing.
        RequestError: the server could not be started.
    """
    connection = connect(model_id.provider, settings, environ)
    if settings.base_url is not None:
        _require_no_proxy(settings.base_url)
    base_url = await endpoint.base_url()
    return Target(
        model=model_id.model,
        base_url=base_url,
        codec=connection.codec,
        headers=connection.headers,
        redact=connection.redact,
        generation=replace(generation, stop=(*generation.stop, *stop)),
        ca_file=_certificates(base_url, environ),
    )


def replay_target(model_id: ModelId, generation: Generation) -> PortTarget:
    """A recording's model, which each worker opens for itself."""
    return PortTarget(open=partial(_replayed, model_id), generation=generation)


def foreign_target(model_id: ModelId, generation: Generation) -> PortTarget:
    """A model that only a LangChain integration reaches.

    Raises:
        MissingExtra: the integration is not installed.
    """
    model = _foreign(model_id)  # what is missing is said now
    del model
    return PortTarget(open=partial(_foreign, model_id), generation=generation)


def _replayed(model_id: ModelId) -> ChatModel:
    from modelforge.replay.recordings import Recordings  # noqa: PLC0415 (in a worker)

    recordings = Recordings()
    _KEPT.append(recordings)  # its files are closed with it
    return recordings.model(model_id)


def _foreign(model_id: ModelId) -> ChatModel:
    from modelforge.app.foreign_llm import foreign_llm  # noqa: PLC0415 (it loads LangChain)
    from modelforge.langchain.foreign_model import ForeignChatModel  # noqa: PLC0415 (as above)

    def unpriced(_provider: str, _model: str) -> NoTariff:
        return NoTariff(reason="not asked here")

    model = foreign_llm(model_id.provider, model_id.model, unpriced, (), {"max_retries": 0})
    return ForeignChatModel(id=model_id, model=model)


def _require_no_proxy(url: str) -> None:
    if proxy_for(url) is None:
        return
    parts = urlsplit(url)
    raise UsageError(
        f"the environment names a proxy for {parts.scheme}://{parts.netloc}, and the load"
        " generator does not go through proxies: to reach it directly, set"
        f" NO_PROXY={parts.hostname}"
    )


def _certificates(url: str, environ: Mapping[str, str]) -> str | None:
    if urlsplit(url).scheme != "https":
        return None
    for name in _CERTIFICATES:
        if path := environ.get(name):
            if not Path(path).is_file():
                raise UsageError(f"{name} names {path}, which is no file of certificates")
            _require_certificates(name, path)
            return path
    return None


def _require_certificates(name: str, path: str) -> None:
    import ssl  # noqa: PLC0415 (for https only)

    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError is one
        why = error.strerror or str(error)
        raise UsageError(f"{name} names {path}, which cannot be used: {why}") from None
