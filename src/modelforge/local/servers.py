"""The servers of local models, one process a model."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path

from modelforge.core.errors import WeightsMissing
from modelforge.local.cache import default_cache_dir
from modelforge.local.catalogue import known_model
from modelforge.local.extra import require_package
from modelforge.local.model_file import ModelFile, model_file, names_a_file
from modelforge.local.server_settings import ServerSettings
from modelforge.local.server_slot import ServerSlot
from modelforge.local.weights import weights_path

PARALLEL = 4
SLOT_CONTEXT = 4096
MEGABYTE = 1_000_000


class LocalServers:
    """Serves local models, each from a process of its own that starts at its first use.

    The processes end with ``close``, with this object, and with this process, whichever is first
    and however it comes.
    """

    def __init__(
        self,
        cache_dir: Path | None = None,
        *,
        parallel: int = PARALLEL,
        slot_context: int = SLOT_CONTEXT,
        threads: int | None = None,
    ) -> None:
        """Start nothing yet.

        ``parallel`` requests to a model are answered at the same time, each with a context of
        ``slot_context`` tokens or the model's own maximum; further ones wait their turn. Each
        server computes on ``threads`` CPU threads, by default half of the CPUs.
        """
        self._cache_dir = cache_dir or default_cache_dir()
        self._parallel = parallel
        self._slot_context = slot_context
        self._threads = threads or default_threads()
        self._guard = threading.RLock()
        self._slots: dict[ModelFile, ServerSlot] = {}
        # A finalizer also runs at the interpreter's exit, and refers to this object only weakly.
        self._finalizer = weakref.finalize(self, _close_all, self._slots)

    def find(self, name: str) -> ModelFile:
        """Return the model of that name in the catalogue, or the GGUF file at that path.

        Raises:
            UnknownLocalModel: there is none, or the file is not a GGUF file.
            WeightsMissing: it has not been fetched.
            MissingExtra: llama.cpp is not installed.
        """
        if names_a_file(name):
            found = model_file(name)
        else:
            model = known_model(name)
            path = weights_path(model, cache_dir=self._cache_dir)
            if not path.is_file():
                raise WeightsMissing(
                    f"{name} has not been fetched yet ({model.download_bytes / MEGABYTE:.0f} MB, "
                    f"{model.licence}): modelforge models pull {name}"
                )
            found = ModelFile(
                name=name,
                path=path.resolve(),
                chat_template=model.chat_template,
                stop=model.stop,
                max_tokens=model.max_tokens,
                temperature=model.temperature,
            )
        require_package("xllamacpp")
        return found

    def endpoint(self, name: str) -> LocalEndpoint:
        """Return where the model listens, without starting its server yet.

        Raises:
            UnknownLocalModel: as ``find`` does.
            WeightsMissing: as ``find`` does.
            MissingExtra: as ``find`` does.
        """
        model = self.find(name)
        with self._guard:
            slot = self._slots.get(model)
            if slot is None:
                slot = self._slots[model] = ServerSlot(
                    ServerSettings(
                        model=model,
                        parallel=self._parallel,
                        slot_context=self._slot_context,
                        threads=self._threads,
                    ),
                    log_dir=self._cache_dir / "logs",
                )
        if not self._finalizer.alive:
            slot.close()
        return LocalEndpoint(model=model, slot=slot, servers=self)

    def close(self) -> None:
        """Stop all servers, now and for good; may be called again."""
        self._finalizer()


class LocalEndpoint:
    """Where a local model's server listens; fills ``core.ports.Endpoint``.

    The server answers a request that sets no ``max_tokens`` or ``temperature`` of its own with
    those of ``model``, and stops at ``model.stop`` unless the request brings its own ``stop``,
    which replaces it.
    """

    def __init__(self, *, model: ModelFile, slot: ServerSlot, servers: LocalServers) -> None:
        self.model = model
        self._slot = slot
        # Would stop its servers if it were collected.
        self._servers = servers

    async def base_url(self) -> str:
        """Return the URL of the OpenAI-compatible API, such as ``http://127.0.0.1:41234/v1``.

        The first call starts the server; all share it, on any event loop.

        Raises:
            LocalServerFailed: it could not be started or has died since, and the next call starts
                it again; or it was closed.
        """
        return f"{await self._slot.url()}/v1"


def default_threads() -> int:
    """Return half of the CPUs that this process may use, at least one.

    llama.cpp's threads wait for each other by spinning, hundreds of times a token. As soon as there
    are more runnable threads than CPUs (a second model's server, the client, a browser) each wait
    lasts until the scheduler's next turn: on two CPUs, two threads beside one busy process were
    measured at 2 tokens/s, one thread at 50.
    """
    cpus = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cpus = len(os.sched_getaffinity(0))
    return max(1, cpus // 2)


def _close_all(slots: dict[ModelFile, ServerSlot]) -> None:
    for slot in list(slots.values()):
        slot.close()
