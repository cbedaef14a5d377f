"""One prompt a line."""

from __future__ import annotations

from modelforge.prompts.limits import ROW_LIMIT
from tests.unit.prompts.reading import Folder


def test_each_line_that_is_not_blank_is_a_prompt_as_it_is_written(folder: Folder) -> None:
    content = "Why?\n\n  \t\n  {{ indented }} \nlast without a line end"
    assert folder.texts("a.txt", content) == [
        "Why?",
        "  {{ indented }} ",
        "last without a line end",
    ]


def test_any_other_suffix_is_text(folder: Folder) -> None:
    assert folder.texts("prompts", "a\nb\n") == ["a", "b"]
    assert folder.texts("a.md", '"a"\n') == ['"a"']


def test_crlf_and_a_byte_order_mark_are_not_part_of_a_prompt(folder: Folder) -> None:
    assert folder.texts("a.txt", b"\xef\xbb\xbfa\r\nb\r\n") == ["a", "b"]


def test_only_line_feeds_end_lines(folder: Folder) -> None:
    content = "a\u2028b\x0bc\x0cd\x1ce\x85f\rg\nh"
    assert folder.texts("a.txt", content) == ["a\u2028b\x0bc\x0cd\x1ce\x85f\rg", "h"]


def test_a_line_of_a_megabyte(folder: Folder) -> None:
    line = "é" * 500_000
    assert folder.texts("a.txt", f"a\n{line}\n") == ["a", line]


def test_a_line_past_the_limit_is_refused(folder: Folder) -> None:
    content = b"a\n" + b"x" * (ROW_LIMIT + 1)
    assert folder.refusal("a.txt", content) == (
        "a.txt, line 2: longer than 16777216 bytes, the most that a row may be"
    )


def test_nothing_but_blank_lines_is_refused(folder: Folder) -> None:
    assert folder.refusal("a.txt", "") == "a.txt: there is no prompt in it"
    assert folder.refusal("a.txt", "\n \r\n") == "a.txt: there is no prompt in it"


def test_bytes_that_are_not_utf_8_are_refused_with_their_place(folder: Folder) -> None:
    assert folder.refusal("a.txt", b"abc\nd\xe9f\n") == (
        "a.txt: not UTF-8 text: byte 5 is 0xe9; convert the file to UTF-8"
    )
    assert "byte 5 is 0xe2" in folder.refusal("a.txt", b"ab\ncd\xe2\x82")
    assert "byte 0 is 0xff" in folder.refusal("a.txt", "abc".encode("utf-16"))


def test_null_bytes_are_refused_with_their_place(folder: Folder) -> None:
    assert folder.refusal("a.txt", "a\nb".encode("utf-16-le")) == (
        "a.txt: not UTF-8 text: byte 1 is null (is it UTF-16, or no text at all?)"
    )


def test_an_id_field_cannot_be_found_in_plain_text(folder: Folder) -> None:
    assert folder.refusal("a.txt", "a", id_field="key") == (
        "a.txt, line 1: no field 'key'; there are 'prompt'; "
        "name the one that holds the id with --id-field"
    )
