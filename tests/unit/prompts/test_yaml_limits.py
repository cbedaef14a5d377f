"""How large YAML may be; with whichever parser there is, since the one in Python takes seconds."""

from __future__ import annotations

from modelforge.prompts.limits import ROW_LIMIT
from tests.unit.prompts.reading import Folder


def test_aliases_of_modest_size_may_be_many(folder: Folder) -> None:
    content = "- &a " + "x" * 100_000 + "\n" + "- {prompt: *a}\n" * 500
    assert len(folder.texts("a.yaml", content)) == 501


def test_a_row_past_the_limit_is_refused(folder: Folder) -> None:
    content = "- a\n- " + ("x" * 99 + "\n  ") * (ROW_LIMIT // 90)
    assert folder.refusal("a.yaml", content).endswith(
        ": longer than 16777216 bytes, the most that a row may be"
    )


def test_rows_past_the_limit_in_sum_are_fine(folder: Folder) -> None:
    content = ("- " + "x" * 1_000_000 + "\n") * 20
    assert len(folder.texts("a.yaml", content)) == 20
