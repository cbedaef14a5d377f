"""How a row becomes a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelforge.core.errors import PromptError
from modelforge.core.prompt import Case, Message, Prompt
from modelforge.prompts.conversation import conversation
from modelforge.prompts.rows.row import Row
from modelforge.prompts.sendable import sendable
from modelforge.prompts.spec import CLUSTER_FIELD, ID_FIELD, PROMPT_FIELD
from modelforge.prompts.template import Template
from modelforge.prompts.wording import kind_of, listed, place, quoted

_MESSAGES_FIELD: Final = "messages"
_SYSTEM_FIELD: Final = "system"
_ROW_NAME: Final = "row"


@dataclass(frozen=True, kw_only=True, slots=True)
class Assembly:
    """What makes a case of a row.

    Attributes:
        name: what messages call the source of the rows.
        template: makes the user's message; else the row's prompt or messages are sent as they are.
        variables: known to the template where the row has no field of the name.
        system: the system message of rows that have none of their own.
    """

    name: str
    template: Template | None = None
    variables: Mapping[str, str]
    system: str | None = None
    prompt_field: str = PROMPT_FIELD
    id_field: str = ID_FIELD
    cluster_field: str = CLUSTER_FIELD

    def case(self, row: Row, index: int) -> Case:
        """The case of the row that is number ``index``.

        Raises:
            PromptError: something is missing in the row, or is not what it must be.
        """
        where = self.name if row.line is None else place(self.name, row.line)
        fields = self._fields(row.value, where)
        messages = self._messages(fields, where)
        system = self._system(fields, where)
        if any(message.role == "system" for message in messages):
            if system is not None:
                raise PromptError(
                    f"{where}: has both {_SYSTEM_FIELD!r} and a system message in its messages"
                )
        else:
            system = system or self.system
        if system is not None:
            messages = (Message(role="system", content=system), *messages)
        return Case(
            index=index,
            prompt=Prompt(messages=messages),
            id=self._name(fields, where, self.id_field, "id", usual=ID_FIELD),
            cluster=self._name(fields, where, self.cluster_field, "cluster", usual=CLUSTER_FIELD),
        )

    def _fields(self, value: Any, where: str) -> Mapping[str, Any]:
        if isinstance(value, str):
            return {self.prompt_field: value}
        if not isinstance(value, Mapping):
            raise PromptError(f"{where}: a row is text or an object, not {kind_of(value)}")
        for name in value:
            if not isinstance(name, str):
                raise PromptError(
                    f"{where}: the name of a field is {kind_of(name)}, not text; put it in quotes"
                )
        return value

    def _messages(self, fields: Mapping[str, Any], where: str) -> tuple[Message, ...]:
        if self.template is not None:
            row = {_ROW_NAME: fields} if fields else {}
            values = {**row, **self.variables, **fields}
            text = self.template.render(values, where)
            return Prompt.of(sendable(text, f"{where}: what the template makes of it")).messages
        if self.prompt_field == PROMPT_FIELD and _MESSAGES_FIELD in fields:
            if PROMPT_FIELD in fields:
                raise PromptError(
                    f"{where}: has both {PROMPT_FIELD!r} and {_MESSAGES_FIELD!r}; "
                    "choose with --prompt-field or --template"
                )
            return conversation(fields[_MESSAGES_FIELD], where)
        if self.prompt_field not in fields:
            raise PromptError(
                f"{where}: no field {quoted(self.prompt_field)}; {_there_are(fields)}; "
                "name the one that holds the prompt with --prompt-field"
            )
        prompt = fields[self.prompt_field]
        if not isinstance(prompt, str):
            raise PromptError(
                f"{where}: field {quoted(self.prompt_field)} is {kind_of(prompt)}, not text; "
                "make text of it with --template"
            )
        return Prompt.of(sendable(prompt, f"{where}: {quoted(self.prompt_field)}")).messages

    def _system(self, fields: Mapping[str, Any], where: str) -> str | None:
        own = None if self.prompt_field == _SYSTEM_FIELD else fields.get(_SYSTEM_FIELD)
        if own is None or own == "":
            return None
        if not isinstance(own, str):
            raise PromptError(f"{where}: {_SYSTEM_FIELD!r} is {kind_of(own)}, not text")
        return sendable(own, f"{where}: {_SYSTEM_FIELD!r}")

    def _name(
        self, fields: Mapping[str, Any], where: str, field: str, kind: str, *, usual: str
    ) -> str | None:
        """What ``field`` names the row (``kind``: its id), or None; one that was asked for by
        another name than the ``usual`` must be there.
        """
        if field not in fields and field != usual:
            raise PromptError(
                f"{where}: no field {quoted(field)}; {_there_are(fields)}; "
                f"name the one that holds the {kind} with --{kind}-field"
            )
        found = fields.get(field)
        if found is None or found == "":
            return None
        if isinstance(found, bool) or not isinstance(found, (str, int, float)):
            article = "an" if kind == "id" else "a"
            raise PromptError(
                f"{where}: {quoted(field)} is {kind_of(found)};"
                f" {article} {kind} is text or a number"
            )
        return sendable(str(found), f"{where}: {quoted(field)}")


def _there_are(fields: Mapping[str, Any]) -> str:
    return f"there are {listed(fields)}" if fields else "there are none"
