"""The scripted server with a model that answers sensibly, by rules.

It calls the tools it is given, fills in the shape it is asked for, stops where it is told, and
counts its tokens; what it is asked for decides, not the model's name. Names of
``openai_server.BEHAVIOURS`` still misbehave as they do there.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.openai_server import BEHAVIOURS, Connection, OpenAIServer, event, usage

TEXT = "Hello, you asked well."


class SensibleServer(OpenAIServer):
    """Answers every model that has no scripted behaviour."""

    async def _dispatch(self, connection: Connection) -> None:
        name = str(connection.request.body.get("model", "")).partition(":")[0]
        if not connection.request.body or name in BEHAVIOURS:
            await super()._dispatch(connection)
            return
        message = _answer(connection.request.body)
        finish = "tool_calls" if message.get("tool_calls") else "stop"
        counts = usage(prompt=20, completion=9, cached=4, reasoning=2)
        if connection.request.body.get("stream"):
            await _stream(connection, message, finish, counts)
            return
        choice = {"index": 0, "message": message, "finish_reason": finish}
        await connection.document(
            {"object": "chat.completion", "choices": [choice], "usage": counts}
        )


async def _stream(
    connection: Connection, message: dict[str, Any], finish: str, counts: dict[str, Any]
) -> None:
    await connection.head()
    for piece in re.findall(r"\s*\S+", message["content"] or ""):
        await connection.chunk(event({"content": piece}))
    for index, call in enumerate(message.get("tool_calls", ())):
        function = call["function"]
        begun = {"name": function["name"], "arguments": ""}
        first = {"index": index, "id": call["id"], "type": "function", "function": begun}
        await connection.chunk(event({"tool_calls": [first]}))
        for piece in re.findall(r"(?s).{1,7}", function["arguments"]):
            more = {"index": index, "function": {"arguments": piece}}
            await connection.chunk(event({"tool_calls": [more]}))
    await connection.chunk(event({}, finish=finish))
    await connection.chunk(event(usage=counts))
    await connection.chunk(b"data: [DONE]\n\n")
    await connection.end()


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    asked = _text(body["messages"][-1].get("content"))
    if tool := _tool(body):
        arguments = json.dumps(_example(tool.get("parameters", {}), asked), ensure_ascii=False)
        function = {"name": tool["name"], "arguments": arguments}
        call = {"id": "call_1", "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}
    return {"role": "assistant", "content": _content(body, asked)}


def _content(body: dict[str, Any], asked: str) -> str:
    shape = body.get("response_format") or {}
    if shape.get("type") == "json_schema":
        return json.dumps(_example(shape["json_schema"]["schema"], asked))
    if shape.get("type") == "json_object":
        return json.dumps(dict.fromkeys(re.findall(r"'(\w+)'", asked), "because"))
    stops = body.get("stop") or []
    ends = [TEXT.index(stop) for stop in stops if stop in TEXT]
    return TEXT[: min(ends, default=len(TEXT))]


def _tool(body: dict[str, Any]) -> dict[str, Any] | None:
    """The tool that this answer calls, if it calls one."""
    tools: dict[str, dict[str, Any]] = {
        tool["function"]["name"]: tool["function"] for tool in body.get("tools") or ()
    }
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        return tools[choice["function"]["name"]]
    answered = body["messages"][-1]["role"] == "tool"
    if not tools or choice == "none" or (choice == "auto" and answered):
        return None
    asked = _text(body["messages"][-1].get("content"))
    named = (tool for name, tool in tools.items() if name in asked)
    return next(named, next(iter(tools.values())))


def _example(schema: dict[str, Any], asked: str) -> dict[str, Any]:
    """A value of ``schema`` made of what was asked."""
    return {name: _value(field, asked) for name, field in schema.get("properties", {}).items()}


def _value(field: dict[str, Any], asked: str) -> Any:
    kind = field.get("type") or field.get("anyOf", [{}])[0].get("type")
    if kind in {"integer", "number"}:
        number = re.search(r"\d+", asked)
        return int(number[0]) if number else 1
    if kind == "object":
        return _example(field, asked)
    quoted = re.search(r"'([^']+)'", asked)
    return quoted[1] if quoted else "Pirate"


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""
