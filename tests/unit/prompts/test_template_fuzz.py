"""Whatever a template is, it renders the same text again and again, or is refused in one line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from modelforge.core.errors import PromptError
from modelforge.prompts.template import Template

_ROW = {
    "text": "a 'b' <c>\n",
    "number": 7,
    "list": [3, 1, 2],
    "object": {"key": "value"},
    "none": None,
}

_names = st.sampled_from([*_ROW, "missing", "loop", "self", "range", "dict", "cycler", "namespace"])
_literals = st.sampled_from(["'a'", "2", "1.5", "true", "none", "[1, 'b']", "{'k': 1}", "(1, 2)"])
_filters = st.sampled_from(
    [
        *(
            "upper",
            "length",
            "join(', ')",
            "list",
            "first",
            "sort",
            "tojson",
            "default('d')",
            "int",
        ),
        *("map('upper')", "map(attribute='key')", "reverse", "items", "dictsort", "string", "e"),
        *("replace('a', 'b')", "batch(2)", "groupby('key')", "sum", "unique", "attr('__class__')"),
        *("format(1)", "random", "pprint", "xmlattr", "wordwrap(3)", "nothing", "select('odd')"),
    ]
)
_attributes = st.sampled_from(
    [
        "key",
        "items()",
        "items",
        "__class__",
        "format(1)",
        "join",
        "pop()",
        "append(1)",
        "mro",
        "title()",
    ]
)
_operators = st.sampled_from(
    ["+", "-", "*", "**", "/", "//", "%", "~", "==", "<", "in", "and", "is"]
)

_expressions = st.recursive(
    _names | _literals,
    lambda inner: st.one_of(
        st.builds("({} | {})".format, inner, _filters),
        st.builds("{}.{}".format, inner, _attributes),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("({} {} {})".format, inner, _operators, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}({})".format, inner, inner),
    ),
    max_leaves=5,
)
_templates = st.recursive(
    st.text(max_size=10) | st.builds("{{{{ {} }}}}".format, _expressions),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, _expressions, inner),
        st.builds("{{% for x in {} %}}{}{{% endfor %}}".format, _expressions, inner),
        st.builds("{{% set text = {} %}}{}".format, _expressions, inner),
        st.builds(
            "{{% macro m(x) %}}{}{{% endmacro %}}{{{{ m({}) }}}}".format, inner, _expressions
        ),
        st.builds("{{% filter {} %}}{}{{% endfilter %}}".format, _filters, inner),
        st.builds("{{% raw %}}{}{{% endraw %}}".format, inner),
        st.builds("{{% include {} %}}{}".format, _expressions, inner),
    ),
    max_leaves=5,
)
_pieces = st.lists(
    st.sampled_from(
        ["{{", "}}", "{%", "%}", "{#", "#}", "text", "if", "for x in list", "end", "|", "'", "\n"]
    ),
    max_size=12,
).map(" ".join)


def _render(source: str) -> str | None:
    try:
        return Template(source, "t").render(_ROW, "row")
    except PromptError as error:
        refusal = str(error)
    assert refusal.isprintable()
    assert len(refusal) < 1000
    return None


@settings(deadline=None)
@given(source=_templates | _pieces | st.text())
def test_any_template(source: str) -> None:
    rendered = _render(source)
    assert _render(source) == rendered
    assert " object at 0x" not in (rendered or "")


@settings(deadline=None)
@given(text=st.text())
def test_text_without_markup_is_itself(text: str) -> None:
    text = text.replace("{", "(")
    assert _render(text) == text.replace("\r\n", "\n").replace("\r", "\n")


@settings(deadline=None)
@given(value=st.recursive(st.text() | st.integers(), st.lists, max_leaves=5))
def test_values_are_data(value: object) -> None:
    assert Template("{{ x }}", "t").render({"x": value}, "row") == str(value)
