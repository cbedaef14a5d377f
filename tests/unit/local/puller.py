"""``python -m tests.unit.local.puller MODEL CACHE [LIMIT]``: one pull in a process of its own.

``MODEL`` is a file with a pickled ``LocalModel``; ``LIMIT`` is the size in bytes from which a
file cannot grow, as on a full disk.
"""

from __future__ import annotations

import pickle
import resource
import sys
from pathlib import Path

from modelforge.core.errors import ModelForgeError
from modelforge.local.weights import pull


def main() -> None:
    """Pull, and print the path or the error."""
    file, cache, *limit = sys.argv[1:]
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]), int(limit[0])))
    model = pickle.loads(Path(file).read_bytes())  # noqa: S301 - written by the test
    try:
        sys.stdout.write(f"{pull(model, cache_dir=Path(cache))}\n")
    except ModelForgeError as error:
        sys.exit(f"{error.kind}: {error}")


if __name__ == "__main__":
    main()
