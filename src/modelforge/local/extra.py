"""The optional packages that local models need."""

from __future__ import annotations

from importlib.util import find_spec

from modelforge.core.errors import MissingExtra


def require_package(name: str) -> None:
    """Check that a package of the ``local`` extra can be imported, without importing it.

    Raises:
        MissingExtra: it is not installed.
    """
    if find_spec(name) is None:
        raise MissingExtra(
            f"local models need the package {name}, which is not installed: "
            "pip install 'modelforge-testing[local]'"
        )
