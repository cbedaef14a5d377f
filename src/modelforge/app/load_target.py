"""Where a load is sent: a model as the load generator needs it."""

from __future__ import annotations

import os
from dataclasses import replace

from modelforge.app.registry import ModelForgeRegistry
from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.providers.proxy import proxy_for
from modelforge.wire.target import Target


async def load_target(
    registry: ModelForgeRegistry, model_id: ModelId, generation: Generation
) -> Target:
    """The target of ``model_id``; a local server is started here.

    Raises:
        UsageError: it has no server of its own, or could only be reached through a proxy.
        RequestError: the local server did not start.
    """
    server = registry.server(model_id)
    base_url = await server.endpoint.base_url()
    if proxy_for(base_url) is not None:
        raise UsageError(
            f"the load generator measures without a proxy between: name the host of {base_url}"
            " in NO_PROXY, or unset the proxy's variable"
        )
    if server.stop:
        generation = replace(generation, stop=(*generation.stop, *server.stop))
    environ = os.environ
    return Target(
        model=model_id.model,
        base_url=base_url,
        codec=server.connection.codec,
        headers=server.connection.headers,
        redact=server.connection.redact,
        generation=generation,
        ca_file=environ.get("SSL_CERT_FILE") or environ.get("REQUESTS_CA_BUNDLE"),
    )
