"""Every model behind one door."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from modelforge.app.prices import Prices
from modelforge.app.simulated_models import SimulatedModels
from modelforge.compare.contestant import Contestant
from modelforge.compare.plan import ComparisonPlan
from modelforge.config.builtin import LOCAL_PROVIDER, REPLAY_PROVIDER, SIM_PROVIDER
from modelforge.config.load import Configuration, load_configuration
from modelforge.config.schema import ProviderSettings
from modelforge.core.errors import ConfigError, InvalidModelId, UnknownProvider
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.ports import ChatModel, Clock, Endpoint
from modelforge.pricing.tariff import NoTariff, Tariff, Terms
from modelforge.providers.connection import connect
from modelforge.providers.fixed_endpoint import FixedEndpoint

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.language_models import BaseChatModel

    from modelforge.app.caching import OpenCache
    from modelforge.local.servers import LocalServers
    from modelforge.providers.sessions import HttpSessions
    from modelforge.replay.recordings import Recordings
    from modelforge.wire.port_target import PortTarget
    from modelforge.wire.target import Target


class ModelForgeRegistry:
    """Finds models by ``provider/model`` in the configuration and on this machine.

    Local models' servers and the simulator are started on first use and live until ``close``, the
    end of a ``with`` block, or the end of the process, whichever comes first; so do the files of
    replays.

    Args:
        configuration: what is configured; by default what the files and the environment say now.
        config_file: read this file instead of the project's and the user's.
        clock: a monotonic clock in seconds.

    Raises:
        ConfigError: the configuration cannot be read.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        config_file: str | Path | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        file = None if config_file is None else Path(config_file)
        self.configuration = configuration or load_configuration(file=file)
        self._simulated = SimulatedModels()
        self._clock = clock

    @cached_property
    def local(self) -> LocalServers:
        """The servers of models that run on this machine."""
        from modelforge.local.servers import LocalServers  # noqa: PLC0415 (for these only)

        return LocalServers()

    @cached_property
    def _recordings(self) -> Recordings:
        from modelforge.replay.recordings import Recordings  # noqa: PLC0415 (for replays only)

        return Recordings()

    @property
    def plan(self) -> ComparisonPlan:
        """The plan that the ``[compare]`` table describes."""
        settings = self.configuration.settings.compare
        return ComparisonPlan(
            generation=Generation(max_tokens=settings.max_tokens, temperature=settings.temperature),
            repeats=settings.repeats,
            timeout_s=settings.timeout_s,
            max_retries=settings.max_retries,
            first_token_timeout_s=settings.first_token_timeout_s,
            idle_timeout_s=settings.idle_timeout_s,
        )

    @asynccontextmanager
    async def open(self, ids: Sequence[ModelId]) -> AsyncIterator[Sequence[Contestant]]:
        """Fills ``compare.contestant.ContestantSource``."""
        from modelforge.app.caching import open_cache  # noqa: PLC0415 (a benchmark has no cache)
        from modelforge.providers.sessions import HttpSessions  # noqa: PLC0415 (aiohttp, which a benchmark does not use)

        settings = self.configuration.settings.cache
        with open_cache(settings, self._clock) as cache:
            async with HttpSessions() as sessions:
                yield [self._contestant(model_id, sessions, cache) for model_id in ids]

    def get_llm(
        self,
        provider: str,
        model: str,
        callbacks: Sequence[BaseCallbackHandler] | None = None,
        **params: Any,
    ) -> BaseChatModel:
        """The model for LangChain: chains, agents, callbacks.

        Args:
            provider: a provider's name.
            model: the provider's name for the model.
            callbacks: told of every call; a ``modelforge.TelemetryCallback`` without prices of
                its own uses the configured ones.
            params: ``temperature``, ``max_tokens``, ``top_p``, ``seed``, ``stop``, ``streaming``,
                ``timeout`` (seconds) and ``max_retries``; any other name is sent to the server
                as it is.

        Raises:
            InvalidModelId: the model's name is empty.
            UnknownProvider: no provider of that name is known.
            MissingKey: its key is not set.
            MissingExtra: it is reached through a LangChain integration that is not installed; the
                message names the package.
            UsageError: a parameter belongs into the configuration, or has an impossible value.
        """
        from modelforge.app.foreign_llm import INTEGRATIONS, foreign_llm  # noqa: PLC0415 (LangChain)
        from modelforge.app.langchain import get_llm  # noqa: PLC0415 (LangChain)

        if not model or not model.strip():
            raise InvalidModelId(
                f"get_llm: {model!r} is no model's name: modelforge models list --provider"
                f" {provider} shows those that are known"
            )
        callbacks = callbacks or ()

        def prices(provider: str, model: str) -> Terms:
            return self.prices(ModelId(provider=provider, model=model))

        try:
            settings = self.configuration.provider(provider)
        except (UnknownProvider, ConfigError):
            if provider in INTEGRATIONS:
                return foreign_llm(provider, model, prices, callbacks, params)
            raise
        self._find(ModelId(provider=provider, model=model))

        def find(name: str, sessions: HttpSessions) -> ChatModel:
            return self._contestant(ModelId(provider=provider, model=name), sessions).model

        return get_llm(provider, model, settings, find, prices, callbacks=callbacks, params=params)

    async def target(
        self, model_id: ModelId, generation: Generation | None = None
    ) -> Target | PortTarget:
        """Where a benchmark sends what it asks of a model; a server of this machine is started.

        Raises:
            UsageError: as ``get_llm`` does, and where the provider is only reached through a proxy.
            RequestError: the server could not be started.
        """
        from modelforge.app import benchmark_target  # noqa: PLC0415 (a comparison needs none)

        generation = generation or Generation()
        try:
            settings = self.configuration.provider(model_id.provider)
        except (UnknownProvider, ConfigError):
            from modelforge.app.foreign_llm import INTEGRATIONS  # noqa: PLC0415 (for unknown providers only)

            if model_id.provider in INTEGRATIONS:
                return benchmark_target.foreign_target(model_id, generation)
            raise
        self._find(model_id)
        if model_id.provider == REPLAY_PROVIDER:
            return benchmark_target.replay_target(model_id, generation)
        endpoint, stop = self._endpoint(model_id, settings)
        return await benchmark_target.wire_target(
            model_id,
            settings,
            endpoint,
            generation=generation,
            environ=self.configuration.environ,
            stop=stop,
        )

    def prices(self, model_id: ModelId) -> Terms:
        """What a model costs now, or why that is not known.

        A replayed model costs what its tokens do where they were recorded.
        """
        now = datetime.now(UTC)
        found = Prices(self.configuration, now=now).quote(model_id, as_of=now).terms
        if model_id.provider != REPLAY_PROVIDER or isinstance(found, Tariff):
            return found
        recorded = self._recordings.model(model_id).recorded_id
        terms = None if recorded is None else self.prices(recorded)
        return terms if isinstance(terms, Tariff) else NoTariff(reason="replayed")

    def close(self) -> None:
        """Stop the local servers and the simulator, and let go of the files of replays."""
        made = vars(self)  # what nobody asked for is not made to be closed
        if "local" in made:
            self.local.close()
        self._simulated.close()
        if "_recordings" in made:
            self._recordings.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find(self, model_id: ModelId) -> None:
        """Look for a model of this process: what is missing is said now, not at the first call."""
        if model_id.provider == LOCAL_PROVIDER:
            self.local.find(model_id.model)
        elif model_id.provider == SIM_PROVIDER:
            self._simulated.find(model_id.model)
        elif model_id.provider == REPLAY_PROVIDER:
            self._recordings.model(model_id)

    def _contestant(
        self, model_id: ModelId, sessions: HttpSessions, cache: OpenCache | None = None
    ) -> Contestant:
        settings = self.configuration.provider(model_id.provider)
        return Contestant(
            model=self._model(model_id, settings, sessions, cache),
            prices=self.prices(model_id),
            max_concurrency=settings.max_concurrency,
        )

    def _model(
        self,
        model_id: ModelId,
        settings: ProviderSettings,
        sessions: HttpSessions,
        cache: OpenCache | None,
    ) -> ChatModel:
        if model_id.provider == REPLAY_PROVIDER:
            return self._recordings.model(model_id)
        from modelforge.providers.http_model import HttpChatModel  # noqa: PLC0415 (as in `open`)

        endpoint, stop = self._endpoint(model_id, settings)
        if settings.base_url is not None:
            sessions.to(settings.base_url)  # a proxy that cannot be used is found here
        connection = connect(model_id.provider, settings, self.configuration.environ)
        http_model = HttpChatModel(
            id=model_id,
            endpoint=endpoint,
            connection=connection,
            sessions=sessions,
            clock=self._clock,
            stop=stop,
        )
        if cache is None or model_id.provider == SIM_PROVIDER:  # simulated answers cost nothing
            return http_model
        place = settings.base_url
        if place is None:
            from modelforge.local.identity import weights_identity  # noqa: PLC0415 (for cached answers of local models only)

            place = weights_identity(self.local.find(model_id.model))
        return cache.before(http_model, endpoint=place, settings=settings, connection=connection)

    def _endpoint(
        self, model_id: ModelId, settings: ProviderSettings
    ) -> tuple[Endpoint, tuple[str, ...]]:
        """Where it is served, and the texts at which it must always end."""
        if model_id.provider == SIM_PROVIDER:
            return self._simulated.endpoint(model_id.model), ()
        if settings.base_url is None:
            local = self.local.endpoint(model_id.model)
            return local, local.model.stop
        return FixedEndpoint(url=settings.base_url), ()
