"""What the Gemini protocol is asked."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from modelforge.core.errors import PromptError
from modelforge.core.generation import Generation
from modelforge.core.prompt import ImagePart, Message, Part, Prompt, TextPart, Tool, ToolCall
from modelforge.providers.picture import inline_picture
from modelforge.providers.request_body import stated, stop_of, system_text, turns, with_extra
from modelforge.providers.tool_calls import answered_call, arguments_object

FOREIGN_CALL: Final = "skip_thought_signature_validator"
"""The published signature of a call that comes without the one the model gave it."""

_CHOICES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_MEDIA_TYPES: Final = {
    "gif": "image/gif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}


def request_body(prompt: Prompt, generation: Generation) -> dict[str, Any]:
    """The body of ``generateContent``, and of its streaming form."""
    system = system_text(prompt.messages)
    body: dict[str, Any] = {"contents": _contents(prompt)}
    body |= stated(
        systemInstruction=None if system is None else {"parts": [{"text": system}]},
        generationConfig=_generation_config(generation) or None,
        tools=_tools(generation),
        toolConfig=_tool_config(generation.tool_choice),
    )
    return with_extra(body, generation.extra, merged="generationConfig")


def _contents(prompt: Prompt) -> list[dict[str, Any]]:
    names = {call.id: call.name for message in prompt.messages for call in message.tool_calls}
    said = (_turn(message, names) for message in prompt.messages)
    return [{"role": role, "parts": parts} for role, parts in turns(said)]


def _turn(message: Message, names: dict[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """A turn's role and parts; system turns have none here, they stand apart."""
    pictures = any(isinstance(part, ImagePart) for part in message.parts)
    if pictures and message.role in {"system", "tool"}:
        raise PromptError(
            f"a {message.role} turn holds a picture and the Gemini protocol takes only text there; "
            "put it into a user turn"
        )
    if message.role == "system":
        return "user", []
    if message.role == "tool":
        return "user", [_function_response(message, names)]
    parts = [piece for part in message.parts if (piece := _part(part)) is not None]
    calls = [_function_call(call) for call in message.tool_calls]
    if calls:  # the first of a turn's calls is the one that carries a signature
        calls[0]["thoughtSignature"] = FOREIGN_CALL
    return "model" if message.role == "assistant" else "user", parts + calls


def _part(part: Part) -> dict[str, Any] | None:
    """A part of a turn; None for an empty text, which the protocol refuses."""
    if isinstance(part, TextPart):
        return {"text": part.text} if part.text else None
    if inline := inline_picture(part):
        return {"inlineData": {"mimeType": inline.media_type, "data": inline.data}}
    ending = urlsplit(part.url).path.rpartition(".")[2].lower()
    return {"fileData": stated(mimeType=_MEDIA_TYPES.get(ending), fileUri=part.url)}


def _function_call(call: ToolCall) -> dict[str, Any]:
    return {"functionCall": {"id": call.id, "name": call.name, "args": arguments_object(call)}}


def _function_response(message: Message, names: dict[str, str]) -> dict[str, Any]:
    call_id = answered_call(message)
    if call_id not in names:
        raise PromptError(
            f"a tool turn answers the call {call_id!r} and no turn makes it; "
            "the Gemini protocol needs the name of the tool that was called"
        )
    answer = {"id": call_id, "name": names[call_id], "response": {"output": message.text}}
    return {"functionResponse": answer}


def _generation_config(generation: Generation) -> dict[str, Any]:
    schema = generation.json_schema
    return stated(
        maxOutputTokens=generation.max_tokens,
        temperature=generation.temperature,
        topP=generation.top_p,
        seed=generation.seed,
        stopSequences=stop_of(generation),
        responseMimeType=None if schema is None else "application/json",
        responseJsonSchema=None if schema is None else dict(schema),
    )


def _tools(generation: Generation) -> list[dict[str, Any]] | None:
    declared = [_declaration(tool) for tool in generation.tools]
    return [{"functionDeclarations": declared}] if declared else None


def _declaration(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "parametersJsonSchema": dict(tool.parameters),
    }


def _tool_config(choice: str | None) -> dict[str, Any] | None:
    if choice is None:
        return None
    if mode := _CHOICES.get(choice):
        return {"functionCallingConfig": {"mode": mode}}
    return {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [choice]}}
