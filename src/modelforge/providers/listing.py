"""A provider's own list of its models, in the shapes that the protocols give it.

Sources: the API references of OpenAI ("List models"), Anthropic ("List Models") and Gemini
("models.list").
"""

from __future__ import annotations

import json
from typing import Any, Final

_GEMINI_PREFIX: Final = "models/"


def listed_ids(body: bytes) -> tuple[str, ...] | None:
    """The models' ids in the document ``body``, None when it lists none in a known shape.

    ``{"data": [{"id": …}]}`` (OpenAI, Anthropic), ``{"models": [{"name": "models/…"}]}`` (Gemini),
    or a bare list of such objects (Together). Entries without an id are passed over.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, dict):
        document = document.get("data", document.get("models"))
    if not isinstance(document, list):
        return None
    return tuple(id_ for entry in document if (id_ := _id(entry)) is not None)


def _id(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return None
    id_ = entry.get("id", entry.get("name"))
    return id_.removeprefix(_GEMINI_PREFIX) if isinstance(id_, str) and id_ else None
