"""Where local models and their servers' logs are kept."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path


def default_cache_dir() -> Path:
    """Return ModelForge's directory in the user's cache (``XDG_CACHE_HOME`` is honoured)."""
    return user_cache_path("modelforge", appauthor=False)
