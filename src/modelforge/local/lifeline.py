"""The rope between a child process and the parent that started it."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import threading

PARENT_CHECK_S = 0.5


def end_with_parent() -> None:
    """End this process as soon as its parent is gone, however the parent went.

    To be called in the child, whose standard input must be a pipe that the parent holds open and
    never writes to: end of file there means that the parent closed it or died. Three watches are
    kept, because each alone has a hole:

    - The kernel signals a pipe whose writer is gone (``O_ASYNC``); on Linux the signal's default
      is to end the process. This works while C++ code holds the interpreter lock for seconds,
      but no signal is sent for a pipe that was already at its end.
    - A thread reads the end of file.
    - The same thread looks at the parent's id, for a process that the parent forked may have
      inherited the pipe and hold it open.
    """
    stdin = sys.stdin.fileno()
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(stdin, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(stdin, fcntl.F_SETFL, fcntl.fcntl(stdin, fcntl.F_GETFL) | os.O_ASYNC)
    threading.Thread(target=_watch, args=(stdin, os.getppid()), daemon=True).start()


def _watch(stdin: int, parent: int) -> None:
    while os.getppid() == parent:
        readable, _, _ = select.select([stdin], [], [], PARENT_CHECK_S)
        if readable and not os.read(stdin, 1):
            break
    # At once, without destructors: threads of C++ code may never let go.
    os._exit(0)
