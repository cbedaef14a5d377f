"""Answers in a given shape."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Literal

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.output_parsers import BaseOutputParser, JsonOutputParser, PydanticOutputParser
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel

JsonMethod = Literal["json_schema", "json_mode"]


def json_chain(
    model: BaseChatModel,
    schema: dict[str, Any] | type,
    *,
    method: JsonMethod,
    include_raw: bool,
    strict: bool | None,
) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
    """``model`` asked for JSON, and its answer read: into ``schema`` when that is a pydantic class.

    ``json_schema`` has the server hold the answer to the schema, whose objects are closed to other
    fields unless ``strict`` is False, as servers that hold to it demand; ``json_mode`` asks an
    OpenAI-compatible server for any JSON object, and the prompt must name the fields.
    """
    described = {"kwargs": {"method": method, "strict": strict}, "schema": schema}
    asked: dict[str, Any] = (
        {"json_schema": convert_to_json_schema(schema, strict=strict is not False)}
        if method == "json_schema"
        else {"response_format": {"type": "json_object"}}
    )
    llm = model.bind(**asked, ls_structured_output_format=described)
    parser: BaseOutputParser[Any]
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        parser = PydanticOutputParser(pydantic_object=schema)
    else:
        parser = JsonOutputParser()
    if not include_raw:
        return llm | parser
    parsed = RunnablePassthrough.assign(
        parsed=itemgetter("raw") | parser, parsing_error=lambda _: None
    )
    unparsed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=llm) | parsed.with_fallbacks([unparsed], exception_key="parsing_error")
