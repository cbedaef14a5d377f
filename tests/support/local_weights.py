"""The real weights, fetched once per machine and shared by every test run."""

from __future__ import annotations

from pathlib import Path

from modelforge.local.catalogue import known_model
from modelforge.local.weights import pull


def ensure_weights(name: str) -> Path:
    """Return the GGUF file of a known local model, fetching it into the user's cache if need be.

    Safe to call from several processes: one fetches, the others wait for it.
    """
    return pull(known_model(name))
