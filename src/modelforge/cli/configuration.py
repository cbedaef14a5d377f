"""The configuration that a command runs with."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from modelforge.config.layers import Layer, assignment_layer
from modelforge.config.load import Configuration, load_configuration


def configure(
    config_file: Path | None,
    assignments: Sequence[str],
    *,
    verbose: bool,
    options: Sequence[Layer] = (),
) -> Configuration:
    """Set up logging as asked and read the configuration; ``options`` are the strongest."""
    if verbose:
        logging.basicConfig(
            level=logging.DEBUG, format="%(relativeCreated)7.0f ms %(name)s: %(message)s"
        )
        logging.getLogger("asyncio").setLevel(logging.WARNING)
    assigned = [assignment_layer(assignment) for assignment in assignments]
    return load_configuration(file=config_file, options=[*assigned, *options])
