"""Draw docs/images/compare.svg: the two local models compared, as the terminal shows it.

python -m scripts.picture
"""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from rich.console import Console
from rich.text import Text

from modelforge import ModelComparator, ModelForgeRegistry
from modelforge.export.comparison_view import comparison_view

MODELS = ["local/smollm2-135m", "local/gemma-3-270m"]
PROMPT = (
    "Summarise in one sentence: The meeting moved from Tuesday to Thursday because the client's "
    "flight was cancelled, and Anna will send the new agenda."
)
PICTURE = Path(__file__).parents[1] / "docs" / "images" / "compare.svg"

# rich's own frame, without the fonts it would fetch from the network.
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g></svg>
"""


async def main() -> None:
    with ModelForgeRegistry() as registry:
        comparator = ModelComparator(registry)
        # The first answer of each warms its server up; the second is the one to show.
        await comparator.compare(MODELS, "Hello.", max_tokens=8)
        results = await comparator.compare(MODELS, PROMPT, max_tokens=120)
    console = Console(record=True, width=96, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ modelforge compare {' '.join(MODELS)} --prompt …", style="bold"))
    console.print(comparison_view(results))
    PICTURE.write_text(console.export_svg(title="modelforge compare", code_format=FRAME))


asyncio.run(main())
