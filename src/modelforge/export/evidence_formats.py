"""Evidence alone as a document: of a table of scores, which has no answers to show."""

from __future__ import annotations

from modelforge.compare.evidence import Evidence
from modelforge.export.evidence_markdown import evidence_blocks
from modelforge.export.evidence_record import evidence_document
from modelforge.export.json_text import json_text

SCHEMA = "modelforge.scores/1"


def evidence_json(evidence: Evidence) -> str:
    """One line of JSON, harmless as `json_text` is."""
    return f"{json_text({'schema': SCHEMA, **evidence_document(evidence)})}\n"


def evidence_markdown(evidence: Evidence) -> str:
    """A document to read."""
    return "\n\n".join(("# Scores", *evidence_blocks(evidence))) + "\n"
