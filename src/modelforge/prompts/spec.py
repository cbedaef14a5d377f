"""What a user names as prompts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from modelforge.core.errors import PromptError
from modelforge.prompts.wording import quoted

FORMATS: Final = ("text", "jsonl", "json", "csv", "tsv", "yaml")
"""The formats of a prompt file."""

PROMPT_FIELD: Final = "prompt"
ID_FIELD: Final = "id"
CLUSTER_FIELD: Final = "cluster"


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptSpec:
    """Prompts as the command line names them; each attribute is an option.

    Attributes:
        prompt: ``--prompt``: a text, ``@path`` for a file's, ``-`` for standard input's.
        prompts: ``--prompts``: a file of many, ``-`` for standard input.
        format: ``--prompts-format``: one of ``FORMATS``; by default what the suffix says.
        template: ``--template``: a Jinja template or ``@path``; makes the user's message of a row.
        variables: ``--var``: known to the template where a row has no field of the name.
        system: ``--system``: a text or ``@path``, for rows that have no system message.
        prompt_field: ``--prompt-field``: the field that holds the prompt.
        id_field: ``--id-field``: the field that holds the row's own name.
        cluster_field: ``--cluster-field``: the field that names what a row belongs to with others.
        limit: ``--limit``: use the first so many rows only.

    Raises:
        PromptError: the options contradict each other.
    """

    prompt: str | None = None
    prompts: str | os.PathLike[str] | None = None
    format: str | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    system: str | None = None
    prompt_field: str = PROMPT_FIELD
    id_field: str = ID_FIELD
    cluster_field: str = CLUSTER_FIELD
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.prompt is not None and self.prompts is not None:
            raise PromptError("--prompt and --prompts exclude each other: one prompt, or a file")
        if self.prompt is None and self.prompts is None and self.template is None:
            raise PromptError("no prompt: give one with --prompt, or a file of them with --prompts")
        if self.prompts is not None and not os.fspath(self.prompts):
            raise PromptError("--prompts names no file")
        if self.variables and self.template is None:
            raise PromptError("--var fills in a template: give one with --template")
        if self.prompts is None:
            self._refuse_file_options()
        if self.format is not None and self.format not in FORMATS:
            raise PromptError(
                f"--prompts-format {quoted(self.format)} is not one of {', '.join(FORMATS)}"
            )
        if self.limit is not None and self.limit < 1:
            raise PromptError(f"--limit {self.limit} leaves no prompt: it must be at least 1")

    def _refuse_file_options(self) -> None:
        for option, given in (
            ("--prompts-format", self.format is not None),
            ("--prompt-field", self.prompt_field != PROMPT_FIELD),
            ("--id-field", self.id_field != ID_FIELD),
            ("--cluster-field", self.cluster_field != CLUSTER_FIELD),
        ):
            if given:
                raise PromptError(f"{option} is about a file of prompts: name one with --prompts")
