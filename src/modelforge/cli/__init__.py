"""The ``modelforge`` command: each module parses, calls one use case and prints."""
