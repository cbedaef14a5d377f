"""The values of a YAML stream, a row at a time.

A plain scalar is a number, a boolean or null where YAML 1.1 and JSON agree that it is, and text
otherwise: ``no``, ``2024-01-31``, ``007``, ``12:30`` and ``1e3`` stay as they are written (one of
them would make false, a date, an octal number, a count of minutes and a number of these).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Never

import yaml
from yaml.composer import Composer, ComposerError
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import BaseResolver

from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.rows.row import Row
from modelforge.prompts.wording import quoted

_DEPTH_LIMIT: Final = 100
_NODE_COST: Final = 16
_TAG: Final = "tag:yaml.org,2002:"


class Documents(Composer, SafeConstructor, BaseResolver):
    """PyYAML's own composer and constructor, stopped at every row and held to limits."""

    def __init__(self, parser: yaml.CSafeLoader | yaml.SafeLoader) -> None:
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        BaseResolver.__init__(self)
        self.check_event: Callable[..., bool] = parser.check_event
        self.peek_event: Callable[[], Any] = parser.peek_event
        self.get_event: Callable[[], Any] = parser.get_event
        self._sizes: dict[Any, int] = {}  # of what has an anchor
        self._size = 0
        self._depth = 0

    def rows(self) -> Iterator[Row]:
        """Every row; what an anchor names is remembered to the end of its document.

        Raises:
            YAMLError: it is not YAML, or passes a limit.
        """
        self.get_event()
        documents = 0
        while not self.check_event(yaml.StreamEndEvent):
            documents += 1
            self.get_event()
            if documents == 1 and self.check_event(yaml.SequenceStartEvent):
                yield from self._items()
                if not self.check_event(yaml.StreamEndEvent):
                    raise _error("another document follows a list", self.peek_event())
                return
            first = self.peek_event()
            row = self._row()
            self._end_document()
            if row.value is None:
                continue
            if documents == 1 and self.check_event(yaml.StreamEndEvent):
                raise _error("the file is one value, not a list: start each row with '- '", first)
            yield row

    def _items(self) -> Iterator[Row]:
        self.get_event()
        while not self.check_event(yaml.SequenceEndEvent):
            yield self._row()
        self.get_event()
        self._end_document()

    def _row(self) -> Row:
        self._size = 0
        line = self.peek_event().start_mark.line + 1
        node = self.compose_node(None, None)
        return Row(line=line, value=self.construct_document(node))

    def _end_document(self) -> None:
        self.get_event()
        self.anchors = {}
        self._sizes = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        """A node, counted as large as it is with every alias replaced.

        Raises:
            ComposerError: that, or its depth, passes a limit; or it is inside itself.
        """
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if node not in self._sizes:
                raise _error("an alias stands inside of what it stands for", event)
            self._grow(self._sizes[node], event)
            return node
        before = self._size
        self._grow(_NODE_COST + len(getattr(event, "value", "")), event)
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise _error(f"nested deeper than {_DEPTH_LIMIT} levels", event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if event.anchor is not None:
            self._sizes[node] = self._size - before
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """A mapping node whose scalar keys differ.

        Raises:
            ComposerError: two are the same.
        """
        node = super().compose_mapping_node(anchor)
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    problem = f"an object has the field {quoted(key.value)} twice"
                    raise ComposerError(None, None, problem, key.start_mark)
                seen.add((key.tag, key.value))
        return node

    def _grow(self, size: int, event: Any) -> None:
        self._size += size
        if self._size > ROW_LIMIT:
            raise _error(
                f"with its aliases replaced, a row is larger than {ROW_LIMIT} bytes", event
            )


def _error(problem: str, event: Any) -> ComposerError:
    return ComposerError(None, None, problem, event.start_mark)


def _scalar(meaning: Callable[[str], Any]) -> Callable[[Documents, yaml.ScalarNode], Any]:
    def construct(documents: Documents, node: yaml.ScalarNode) -> Any:
        text = documents.construct_scalar(node)
        try:
            return meaning(text)
        except (ValueError, KeyError):
            kind = node.tag.removeprefix(_TAG)
            problem = f"{quoted(text)} cannot be read as {kind}"
            raise ConstructorError(None, None, problem, node.start_mark) from None

    return construct


def _refuse_tag(_: Documents, node: yaml.Node) -> Never:
    problem = f"the tag {quoted(node.tag)} is not one of JSON's kinds of values"
    raise ConstructorError(None, None, problem, node.start_mark)


_BOOLEANS: Final = {"true": True, "false": False}

Documents.yaml_constructors = {
    f"{_TAG}null": SafeConstructor.construct_yaml_null,
    f"{_TAG}bool": _scalar(lambda text: _BOOLEANS[text.lower()]),
    f"{_TAG}int": _scalar(int),
    f"{_TAG}float": _scalar(float),
    f"{_TAG}str": SafeConstructor.construct_yaml_str,
    f"{_TAG}seq": SafeConstructor.construct_yaml_seq,
    f"{_TAG}map": SafeConstructor.construct_yaml_map,
    None: _refuse_tag,
}
for _kind, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"-?(?:0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", list("-0123456789")),
    ("merge", r"<<", ["<"]),
):
    Documents.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(rf"{_pattern}\Z"), _first)
