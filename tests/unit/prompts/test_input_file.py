"""Files that are read again and again."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from modelforge.core.errors import PromptError
from modelforge.prompts.input_file import InputFile
from modelforge.prompts.open import open_prompts
from modelforge.prompts.source import validate
from modelforge.prompts.spec import PromptSpec
from tests.unit.prompts.reading import Folder, refusal, texts


def test_iterations_start_over_and_may_interleave(folder: Folder) -> None:
    folder.write("a.jsonl", "".join(f'"{number}"\n' for number in range(50_000)))
    with open_prompts(PromptSpec(prompts="a.jsonl")) as source:
        ahead = iter(source)
        first = [next(ahead).prompt.text for _ in range(30_000)]
        behind = iter(source)
        assert [next(behind).prompt.text for _ in range(30_000)] == first
        assert next(ahead).index == next(behind).index == 30_000
        assert sum(1 for _ in source) == 50_000
        assert next(ahead).index == 30_001


def test_the_description_is_short(folder: Folder) -> None:
    folder.write("a.txt", "a")
    for spec, description in (
        (PromptSpec(prompts="a.txt"), "a.txt"),
        (PromptSpec(prompts=Path("a.txt")), "a.txt"),
        (PromptSpec(prompts="-"), "standard input"),
        (PromptSpec(prompt="-"), "standard input"),
        (PromptSpec(prompt="@a.txt"), "a.txt"),
        (PromptSpec(prompt="a"), "--prompt"),
        (PromptSpec(template="a"), "--template"),
        (PromptSpec(template="@a.txt"), "a.txt"),
    ):
        with open_prompts(spec, stdin=io.BytesIO(b"a")) as source:
            assert source.description == description


def test_a_file_that_is_replaced_is_read_as_it_was(folder: Folder) -> None:
    folder.write("a.txt", "a\n")
    with open_prompts(PromptSpec(prompts="a.txt")) as source:
        folder.write("b.txt", "b\nb\n")
        Path("b.txt").replace("a.txt")
        assert [case.prompt.text for case in source] == ["a"]


def test_a_file_that_is_written_to_is_refused(folder: Folder) -> None:
    folder.write("a.txt", "a\n")
    with open_prompts(PromptSpec(prompts="a.txt")) as source:
        assert validate(source) == 1
        with Path("a.txt").open("a") as file:
            file.write("b\n")
        with pytest.raises(PromptError) as caught:
            list(source)
    assert str(caught.value) == (
        "a.txt: it changed while it was being read; run again when nothing writes to it"
    )


def test_the_working_directory_may_change(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("a.txt", "a\n")
    with open_prompts(PromptSpec(prompts="a.txt")) as source:
        monkeypatch.chdir("/")
        assert [case.prompt.text for case in source] == ["a"]


def test_what_is_closed_is_not_read(folder: Folder) -> None:
    folder.write("a.txt", "a\n" * 100_000)
    with open_prompts(PromptSpec(prompts="a.txt")) as source:
        begun = iter(source)
        next(begun)
    with pytest.raises(ValueError, match="closed file"):
        list(begun)
    with pytest.raises(ValueError, match="closed file"):
        list(source)


def test_standard_input_is_text_unless_it_is_said_otherwise() -> None:
    assert texts(prompts="-", stdin=b'"a"\n"b"\n') == ['"a"', '"b"']
    assert texts(prompts="-", format="jsonl", stdin=b'"a"\n"b"\n') == ["a", "b"]
    assert texts(prompts="-", format="yaml", stdin=b"- a\n- b\n") == ["a", "b"]
    assert refusal(prompts="-") == "standard input: there is no prompt in it"


def test_the_format_given_goes_before_the_suffix(folder: Folder) -> None:
    assert folder.texts("a.json", '"a"\n"b"\n', format="jsonl") == ["a", "b"]
    assert folder.texts("a.csv", "a,b\n", format="text") == ["a,b"]


def test_standard_input_is_spooled_into_a_file_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stdin = io.BytesIO(b"long line\n" * 50_000)
    before = _open_files()
    with open_prompts(PromptSpec(prompts="-"), stdin=stdin) as source:
        assert list(tmp_path.iterdir()) == []
        assert _open_files() == before + 1
        assert validate(source) == validate(source) == 50_000
    assert _open_files() == before


def test_the_process_standard_input_is_read_where_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\n")))
    with open_prompts(PromptSpec(prompts="-")) as source:
        assert [case.prompt.text for case in source] == ["a"]
    monkeypatch.setattr("sys.stdin", None)
    for spec in (PromptSpec(prompts="-"), PromptSpec(prompt="-")):
        with pytest.raises(PromptError, match=r"^standard input: there is none; name a file$"):
            open_prompts(spec)


def test_a_stream_that_fails_is_refused_and_leaves_nothing_open() -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    closed = io.BytesIO()
    closed.close()
    before = _open_files()
    for stream, reason in (
        (Broken(), "s: cannot be read: Input/output error"),
        (closed, "s: cannot be read: I/O operation on closed file."),
    ):
        with pytest.raises(PromptError) as caught:
            InputFile.spool(stream, "s")
        assert str(caught.value) == reason
    assert _open_files() == before


def test_a_stream_past_the_limit_is_refused() -> None:
    with contextlib.closing(InputFile.spool(io.BytesIO(b"x" * 10), "s", limit=10)) as file:
        assert file.reader().read() == b"x" * 10
    with pytest.raises(PromptError, match=r"^s: longer than 9 bytes; save it to a file first$"):
        InputFile.spool(io.BytesIO(b"x" * 10), "s", limit=9)


def test_a_fifo_is_spooled(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo.jsonl"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=('"a"\n' * 50_000,))
    writer.start()
    assert len(texts(prompts=str(fifo))) == 50_000
    writer.join()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nothing.txt", "nothing.txt: no such file"),
        (".", ".: a directory, not a file"),
        ("/dev/zero", "/dev/zero: not a regular file; to read a device, pipe it to '-'"),
        ("/dev/null", "/dev/null: not a regular file; to read a device, pipe it to '-'"),
        ("x" * 5000, "x" * 300 + "…: cannot be read: File name too long"),
        ("a.txt/b", "a.txt/b: cannot be read: Not a directory"),
        ("a\0b", r"a\x00b: cannot be read: "),
        ("\ud800", r"\ud800: cannot be read: 'utf-8' codec can't encode"),
        ("\x1b]0;title\x07\n", r"\x1b]0;title\x07\n: no such file"),
    ],
)
def test_what_is_no_file_is_refused(folder: Folder, path: str, reason: str) -> None:
    folder.write("a.txt", "a")
    assert refusal(prompts=path).startswith(reason)


def test_a_file_that_may_not_be_read_is_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("a.txt", "a")
    if os.geteuid() == 0:  # who may read everything
        monkeypatch.setattr(Path, "open", _denied)
    else:
        Path("a.txt").chmod(stat.S_IWUSR)
    assert refusal(prompts="a.txt") == "a.txt: cannot be read: Permission denied"


def _denied(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


def _open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))
