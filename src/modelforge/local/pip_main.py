"""``python -m modelforge.local.pip_main ARGUMENT…``: pip, which ends when its parent does."""

from __future__ import annotations

import runpy

from modelforge.local.lifeline import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
