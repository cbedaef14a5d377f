"""Lines that fit and lose nothing."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from modelforge.export.page import Page
from tests.unit.export.corpus import HOSTILE_TEXT


def _page(width: int = 80) -> Page:
    console = Console(file=StringIO(), width=width)
    return Page(console, console.options)


@given(HOSTILE_TEXT, st.integers(2, 60))
def test_wrapped_text_fits_and_is_whole(text: str, width: int) -> None:
    page = _page()
    clean = page.clean(text)
    lines = page.wrap(clean, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(clean.split())


@given(HOSTILE_TEXT, st.integers(2, 60))
def test_a_heading_fits_and_is_whole(text: str, width: int) -> None:
    page = _page()
    name = page.clean_line(text)
    lines = [line.plain for line in page.heading(name, width)]
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(name.split())


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (60, ["openrouter/meta-llama/llama-3.3-70b-instruct:free"]),
        (40, ["openrouter/meta-llama/llama-3.3-70b-", "instruct:free"]),
        (12, ["openrouter/", "meta-llama/", "llama-3.3-", "70b-", "instruct:", "free"]),
        (
            7,
            [
                "openrou",
                "ter/",
                "meta-",
                "llama/",
                "llama-",
                "3.3-",
                "70b-",
                "instruc",
                "t:",
                "free",
            ],
        ),
    ],
)
def test_a_heading_breaks_where_a_name_does(width: int, lines: list[str]) -> None:
    name = "openrouter/meta-llama/llama-3.3-70b-instruct:free"
    assert [line.plain for line in _page().heading(name, width)] == lines


def test_tabs_become_spaces() -> None:
    assert _page().clean("\tx\ty") == "    x   y"


def test_the_least_width() -> None:
    assert _page(1).width == 10
