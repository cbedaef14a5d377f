"""``python -m modelforge.local.server_main SETTINGS``: one model's server, in a process of its own.

The settings are the JSON of ``ServerSettings``. When the model is loaded, one line of JSON on
standard output, ``{"url": …}``, tells where the server listens; llama.cpp's log goes to standard
error. The process ends when its parent does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING

from modelforge.local.lifeline import end_with_parent
from modelforge.local.server_settings import ServerSettings

if TYPE_CHECKING:
    from xllamacpp import CommonParams

LOG_WARNINGS_AND_ERRORS = 2


def main() -> None:
    """Serve until the parent is gone."""
    end_with_parent()
    # Whatever C code prints belongs in the log: standard output is for the one line below.
    to_parent = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from xllamacpp import Server  # noqa: PLC0415 (it can take a process down with it)

    try:
        server = Server(_parameters(ServerSettings.from_json(sys.argv[1])))
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        # Without destructors: they may wait for threads that never started.
        os._exit(1)
    with to_parent:
        to_parent.write(json.dumps({"url": server.listening_address}) + "\n")
    threading.Event().wait()


def _parameters(settings: ServerSettings) -> CommonParams:
    from xllamacpp import CommonParams  # noqa: PLC0415 (as in `main`)

    model = settings.model
    params = CommonParams()
    params.model.path = str(model.path)
    params.model_alias = {model.name}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    params.cors_origins = ""
    params.endpoint_metrics = True
    params.endpoint_slots = False
    params.verbosity = LOG_WARNINGS_AND_ERRORS
    params.n_parallel = settings.parallel
    # The whole context is divided among the slots; a slot's is cut to the model's own maximum.
    params.n_ctx = settings.parallel * settings.slot_context
    # Searches for a context that fits a GPU, by loading the model an extra time.
    params.fit_params = False
    # Would keep up to 8 GiB of past conversations in memory.
    params.cache_ram_mib = 0
    params.cache_idle_slots = False
    params.cpuparams.n_threads = settings.threads
    params.cpuparams_batch.n_threads = settings.threads
    params.antiprompt = list(model.stop)
    if model.chat_template is not None:
        params.chat_template = model.chat_template
    if model.max_tokens is not None:
        params.n_predict = model.max_tokens
    if model.temperature is not None:
        params.sampling.temp = model.temperature
    return params


if __name__ == "__main__":
    main()
