"""models.dev documents to read."""

from __future__ import annotations

import json
from typing import Any


def model(**fields: Any) -> dict[str, Any]:
    """A whole row; ``fields`` replace parts of it."""
    return {
        "id": "m",
        "name": "Model",
        "family": "fam",
        "tool_call": True,
        "reasoning": False,
        "open_weights": True,
        "knowledge": "2025-01",
        "release_date": "2025-06-01",
        "limit": {"context": 128000, "output": 4096},
        "modalities": {"input": ["text", "image"], "output": ["text"]},
        "cost": {"input": 2.5, "output": 10, "cache_read": 0.25},
        **fields,
    }


def document(models: Any, /, **fields: Any) -> bytes:
    """A document of one provider ``acme``."""
    provider = {
        "id": "acme",
        "name": "Acme",
        "npm": "@ai-sdk/openai-compatible",
        "api": "https://api.acme.test/v1",
        "env": ["ACME_API_KEY"],
        "doc": "https://acme.test/docs",
        "models": models,
        **fields,
    }
    return json.dumps({"acme": provider}).encode()
