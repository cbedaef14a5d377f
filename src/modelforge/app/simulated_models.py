"""The simulator's profiles as models; nothing of it is loaded before one is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelforge.core.ports import Endpoint

if TYPE_CHECKING:
    from modelforge.simulator.endpoint import SimulatorEndpoint


class SimulatedModels:
    """Knows the profiles, and holds the simulator that serves them until ``close``."""

    def __init__(self) -> None:
        self._endpoint: SimulatorEndpoint | None = None

    def find(self, name: str) -> None:
        """Look a profile up.

        Raises:
            UsageError: there is none of that name.
        """
        from modelforge.simulator.profile import profile_named  # noqa: PLC0415 (see the module)

        profile_named(name)

    def endpoint(self, name: str) -> Endpoint:
        """Where a profile is served; nothing is started yet.

        Raises:
            UsageError: there is none of that name.
        """
        from modelforge.simulator.endpoint import SimulatorEndpoint  # noqa: PLC0415 (see the module)

        self.find(name)
        if self._endpoint is None:
            self._endpoint = SimulatorEndpoint()
        return self._endpoint

    def close(self) -> None:
        """Let the simulator go."""
        if self._endpoint is not None:
            self._endpoint.close()
