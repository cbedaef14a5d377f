"""The core's prompt as LangChain's messages."""

from __future__ import annotations

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    InvalidToolCall,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages import ToolCall as LangChainToolCall
from langchain_core.messages.content import (
    ContentBlock,
    create_image_block,
    create_text_block,
)
from langchain_core.messages.tool import invalid_tool_call, tool_call

from modelforge.core.prompt import Message, Part, Prompt, TextPart, ToolCall
from modelforge.langchain.answer import arguments_of


def messages_of(prompt: Prompt) -> list[BaseMessage]:
    """The conversation; pictures are standard content blocks."""
    return [_message(message) for message in prompt.messages]


def _message(message: Message) -> BaseMessage:
    content: str | list[str | dict[str, object]]
    if isinstance(message.content, str):
        content = message.content
    else:
        content = [dict(_block(part)) for part in message.content]
    match message.role:
        case "system":
            return SystemMessage(content=content)
        case "user":
            return HumanMessage(content=content)
        case "tool":
            return ToolMessage(content=content, tool_call_id=message.tool_call_id or "")
        case "assistant":
            calls, broken = _tool_calls(message.tool_calls)
            return AIMessage(content=content, tool_calls=calls, invalid_tool_calls=broken)


def _block(part: Part) -> ContentBlock:
    if isinstance(part, TextPart):
        return create_text_block(part.text)
    head, _, data = part.url.partition(",")
    if head.startswith("data:") and head.endswith(";base64"):
        kind = head.removeprefix("data:").removesuffix(";base64")
        return create_image_block(base64=data, mime_type=kind)
    return create_image_block(url=part.url)


def _tool_calls(
    calls: tuple[ToolCall, ...],
) -> tuple[list[LangChainToolCall], list[InvalidToolCall]]:
    good: list[LangChainToolCall] = []
    broken: list[InvalidToolCall] = []
    for call in calls:
        arguments = arguments_of(call.arguments)
        if arguments is None:
            error = "the arguments are not a JSON object"
            broken.append(
                invalid_tool_call(name=call.name, args=call.arguments, id=call.id, error=error)
            )
        else:
            good.append(tool_call(name=call.name, args=arguments, id=call.id))
    return good, broken
