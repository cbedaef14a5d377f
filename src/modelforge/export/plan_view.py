"""A plan in the terminal and as documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import ceil
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.export.answer_cell import hanging
from modelforge.export.estimate_record import significant
from modelforge.export.json_text import json_text
from modelforge.export.markdown_text import code
from modelforge.export.measure import percent
from modelforge.export.page import Page
from modelforge.stats.sizes import SizePlan

SCHEMA: Final = "modelforge.plan/1"
_A_FEW_S: Final = 10.0


def plan_view(found: SizePlan) -> RenderableType:
    """A rich renderable: the number, what it finds, and what it rests on."""
    return _PlanView(found=found)


@dataclass(frozen=True, kw_only=True, slots=True)
class _PlanView:
    found: SizePlan

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options)
        yield from page.render(_lines(self.found, page))


def _lines(found: SizePlan, page: Page) -> Iterator[Text]:
    yield from hanging(page, size(found), page.width, indent=2, style="bold")
    for said in (finds(found), f"This rests on {page.clean_line(found.basis)}."):
        yield from hanging(page, said, page.width, indent=0)


def size(found: SizePlan) -> str:
    """``1,189 prompts``, ``120 prompts, 3 answers to each``, ``two runs of 45 s each``."""
    if found.unit == "seconds":
        seconds = ceil(found.size) if found.size >= _A_FEW_S else round(found.size, 1)
        return f"two runs of {seconds:,} s each"
    prompts = f"{found.size:,.0f} prompts"
    if found.repeats == 1:
        return prompts
    total = found.size * found.repeats
    return f"{prompts}, {found.repeats} answers to each: {total:,.0f} requests a model"


def finds(found: SizePlan) -> str:
    """What so many find, how often, and how seldom by chance."""
    if found.difference is None:
        return "So few find no difference that often, however large it is."
    relative = "" if found.relative is None else f" ({100 * found.relative:.3g} %)"
    size = f"{found.difference:.3g}"
    if found.of_shares:
        size = f"{percent(found.difference)} points"
    return (
        f"They find a difference of {size}{relative} in"
        f" {100 * found.power:.3g} of 100 comparisons, and a difference that is not there in"
        f" {100 * found.alpha:.3g}."
    )


def plan_json(found: SizePlan) -> str:
    """One line of JSON."""
    document = {
        "schema": SCHEMA,
        **{
            name: significant(value) if isinstance(value, float) else value
            for name, value in asdict(found).items()
        },
    }
    return f"{json_text(document)}\n"


def plan_markdown(found: SizePlan) -> str:
    """A paragraph to paste."""
    return f"**{size(found)}**\n\n{finds(found)} This rests on {code(found.basis)}.\n"
