"""One call: a model's own settings under what the caller asked for this time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from langchain_core.utils.function_calling import convert_to_openai_tool

from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt, Tool

GENERATION_FIELDS: Final = frozenset(field.name for field in fields(Generation)) - {"extra"}
_NOT_SENT: Final = frozenset({"model", "timeout", "stream", "stop", "strict", "streaming"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What is asked, of which model, how, and for how long at most."""

    model: str
    prompt: Prompt
    generation: Generation
    timeout_s: float | None


def generation_of(
    defaults: Generation,
    *,
    stream: bool,
    stop: Sequence[str] | str | None,
    options: Mapping[str, Any],
) -> Generation:
    """``defaults`` with a call's ``options`` over them; what is no setting goes to ``extra``.

    Raises:
        UsageError: a tool is not a function, or ``tool_choice`` cannot be read.
    """
    known = {
        name: value
        for name, value in options.items()
        if name in GENERATION_FIELDS and name not in _NOT_SENT
    }
    extra = {
        name: value
        for name, value in options.items()
        if name not in GENERATION_FIELDS and name not in _NOT_SENT
    }
    if "tools" in known:
        known["tools"] = tuple(_tool(tool) for tool in known["tools"] or ())
    if "tool_choice" in known:
        known["tool_choice"] = tool_choice_of(known["tool_choice"])
    if stop is not None:
        known["stop"] = texts(stop)
    return replace(defaults, stream=stream, extra={**defaults.extra, **extra}, **known)


def texts(stop: Sequence[str] | str | None) -> tuple[str, ...]:
    """Texts to stop at: one, several or none."""
    return (stop,) if isinstance(stop, str) else tuple(stop or ())


def _tool(tool: Any) -> Tool:
    if isinstance(tool, Tool):
        return tool
    described = convert_to_openai_tool(tool)
    if described.get("type") != "function":
        raise UsageError(
            f"a tool of type {described.get('type')!r} cannot be sent: only functions are carried;"
            " define it as one, or pass the server's own setting by name"
        )
    function = described["function"]
    return Tool(
        name=function["name"],
        description=function.get("description", ""),
        parameters=function.get("parameters") or {"type": "object", "properties": {}},
    )


def tool_choice_of(choice: Any) -> str | None:
    """LangChain's ways to say it (``any``, True, a name, OpenAI's table) as the core's one.

    Raises:
        UsageError: it is none of them.
    """
    if choice is None or choice is False:
        return None
    if choice is True or choice == "any":
        return "required"
    if isinstance(choice, dict):
        name = (choice.get("function") or choice).get("name")
        choice = name or ("required" if choice.get("type") == "any" else choice.get("type"))
    if not isinstance(choice, str):
        raise UsageError(
            f"tool_choice {choice!r} cannot be read: use auto, none, any or a tool's name"
        )
    return choice
