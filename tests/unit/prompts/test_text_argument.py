"""``TEXT``, ``@path`` and ``-``."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from modelforge.prompts.limits import ROW_LIMIT
from tests.unit.prompts.reading import Folder, cases, refusal, texts


def test_a_text_is_itself() -> None:
    assert texts(prompt="{{ Why? }}\n") == ["{{ Why? }}\n"]


def test_a_file_is_one_prompt_without_its_last_line_end(folder: Folder) -> None:
    folder.write("p.txt", b"\xef\xbb\xbf one\r\n\r\ntwo\n\r\n")
    assert texts(prompt="@p.txt") == [" one\r\n\r\ntwo\n"]
    folder.write("p.txt", "one\rtwo\r")
    assert texts(prompt="@p.txt") == ["one\rtwo\r"]


def test_standard_input_is_one_prompt() -> None:
    assert texts(prompt="-", stdin=b"two\nlines\n") == ["two\nlines"]


def test_the_system_message_may_be_a_file_but_not_standard_input(folder: Folder) -> None:
    folder.write("s.txt", "Be brief.\n")
    [case] = cases(prompt="a", system="@s.txt", stdin=b"unread")
    assert case.prompt.messages[0].content == "Be brief."
    [case] = cases(prompt="a", system="-", stdin=b"unread")
    assert case.prompt.messages[0].content == "-"


def test_a_fifo_is_read_to_its_end(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=("Why?\n",))
    writer.start()
    assert texts(prompt=f"@{fifo}") == ["Why?"]
    writer.join()


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("", "--prompt is empty"),
        (" \n", "--prompt is empty"),
        ("a\udce9", "--prompt is not Unicode text: character 1 is U+DCE9, half of a surrogate"),
        ("@", "--prompt '@' names no file: write --prompt @FILE"),
        ("@alice hello", "alice hello: no such file (--prompt @… names a file)"),
        ("@.", ".: a directory, not a file (--prompt @… names a file)"),
        ("@/dev/zero", "/dev/zero: not a regular file; to read a device, pipe it to '-' (--prompt"),
        ("@a\0b", r"a\x00b: cannot be read: "),
        ("@\x1b[0m", r"\x1b[0m: no such file (--prompt"),
        ("@blank", "blank is empty"),
        ("@latin", "latin: not UTF-8 text: byte 3 is 0xe9; convert the file to UTF-8"),
        ("@null", "null: not UTF-8 text: byte 1 is null"),
        ("@large", "large: longer than 16777216 bytes, the most that one text may be"),
    ],
)
def test_what_is_no_text_is_refused(folder: Folder, argument: str, reason: str) -> None:
    folder.write("blank", "\n")
    folder.write("latin", b"caf\xe9")
    folder.write("null", b"a\0b")
    folder.write("large", b"x" * (ROW_LIMIT + 1))
    assert refusal(prompt=argument).startswith(reason)


@pytest.mark.parametrize(
    ("stdin", "reason"),
    [
        (b"", "standard input is empty"),
        (b"\xff", "standard input: not UTF-8 text: byte 0 is 0xff"),
        (b"x" * (ROW_LIMIT + 1), "standard input: longer than 16777216 bytes"),
    ],
)
def test_standard_input_that_is_no_text_is_refused(stdin: bytes, reason: str) -> None:
    assert refusal(prompt="-", stdin=stdin).startswith(reason)


def test_other_options_are_named_by_their_own_names(folder: Folder) -> None:
    assert refusal(prompt="a", system="") == "--system is empty"
    assert refusal(prompt="a", system="@x") == "x: no such file (--system @… names a file)"
    assert refusal(template="@x") == "x: no such file (--template @… names a file)"
