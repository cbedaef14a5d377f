"""Reading a reason from llama.cpp's log."""

from __future__ import annotations

import os
from pathlib import Path

from modelforge.local.server_log import TAIL_BYTES, ServerLog

FAILED = b"""\
0.00.001.801 W srv          init: something harmless
0.00.028.415 E llama_model_load: error loading model: tensor data is not within the file bounds
0.00.028.439 E llama_model_load_from_file_impl: failed to load model
Failed to init server, please check the input params.
"""


def test_the_first_error_is_the_reason(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "logs" / "a.log")
    os.write(log.fileno(), FAILED)
    assert log.first_error() == (
        "llama_model_load: error loading model: tensor data is not within the file bounds"
    )
    assert log.last_line() == "Failed to init server, please check the input params."
    log.close()
    assert (tmp_path / "logs" / "a.log").read_bytes() == FAILED


def test_without_an_error_the_last_line_is(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "a.log")
    assert log.first_error() is None
    os.write(log.fileno(), b"Traceback\n\nImportError: libgomp.so.1\n\n")
    assert log.first_error() == "ImportError: libgomp.so.1"
    log.close()


def test_a_start_begins_an_empty_log_and_leaves_another_servers_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    first = ServerLog(path)
    os.write(first.fileno(), b"first\n")
    second = ServerLog(path)
    os.write(second.fileno(), b"second\n")

    assert path.read_bytes() == b"second\n"
    assert first.last_line() == "first"
    assert list(tmp_path.iterdir()) == [path]
    first.close()
    second.close()


def test_a_long_log_is_read_from_its_end(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "a.log")
    os.write(log.fileno(), b"x" * TAIL_BYTES + b"\nlast\n")
    assert log.last_line() == "last"
    log.close()
