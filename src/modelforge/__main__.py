"""``python -m modelforge`` is the ``modelforge`` command."""

from modelforge.cli.main import main

main()
