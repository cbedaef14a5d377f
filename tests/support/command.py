"""The installed command, run as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COMMAND = str(Path(sys.executable).parent / "modelforge")


@dataclass
class Session:
    """A folder, an empty home and an environment of its own."""

    folder: Path
    environment: dict[str, str]

    def run(
        self,
        *arguments: str,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command to its end; output that is not UTF-8 would fail here."""
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            input=stdin.encode() if isinstance(stdin, str) else stdin or b"",
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def run_in_shell(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run what ``script`` makes of the command: ``"$@"`` is the command with ``arguments``."""
        return subprocess.run(
            ["/bin/sh", "-c", script, "sh", COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start the command and leave it running."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def session(folder: Path) -> Session:
    """A session in ``folder`` with nothing configured."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MODELFORGE_") and not name.endswith(("_API_KEY", "_proxy"))
    }
    home = folder / "home"
    home.mkdir()
    work = folder / "work"
    work.mkdir()
    environment = {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
    }
    return Session(folder=work, environment=environment)
