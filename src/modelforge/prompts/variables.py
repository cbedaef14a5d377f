"""Variables as the command line writes them."""

from __future__ import annotations

from collections.abc import Iterable

from modelforge.core.errors import PromptError
from modelforge.prompts.wording import quoted


def parse_variables(assignments: Iterable[str]) -> dict[str, str]:
    """The values of texts ``name=value``, by their names; only the first ``=`` divides.

    Raises:
        PromptError: one has no ``=``, its name cannot be written in a template, or comes twice.
    """
    variables: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise PromptError(f"--var {quoted(assignment)}: write it as name=value")
        if not name.isidentifier():
            raise PromptError(
                f"--var {quoted(assignment)}: {quoted(name)} cannot be a variable's name: "
                "use letters, digits and '_', and no digit first"
            )
        if name in variables:
            raise PromptError(f"--var {quoted(assignment)}: {quoted(name)} has a value already")
        variables[name] = value
    return variables
