"""Templates and what they may do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelforge.core.errors import PromptError
from modelforge.prompts.template import Template
from tests.unit.prompts.reading import Folder, cases, refusal, texts


def _rendered(folder: Folder, template: str, row: dict[str, Any], **options: Any) -> str:
    return folder.texts("a.jsonl", json.dumps(row), template=template, **options)[0]


def _refusal(folder: Folder, template: str, row: dict[str, Any], **options: Any) -> str:
    message = folder.refusal("a.jsonl", json.dumps(row), template=template, **options)
    prefix = "a.jsonl, line 1: --template, line "
    assert message.startswith(prefix)
    return message.removeprefix(prefix)


def test_a_template_makes_the_users_message_of_each_row(folder: Folder) -> None:
    content = '{"city": "Rome", "system": "Be brief.", "id": 1, "messages": 0}\n{"city": "Oslo"}\n'
    found = folder.cases("a.jsonl", content, template="Where is {{ city }}?")
    assert [case.prompt.text for case in found] == ["Where is Rome?", "Where is Oslo?"]
    assert found[0].prompt.messages[0].content == "Be brief."
    assert found[0].id == "1"


def test_rows_of_text_are_the_prompt(folder: Folder) -> None:
    assert folder.texts("a.txt", "a\nb\n", template="{{ prompt }}!") == ["a!", "b!"]
    assert folder.texts("a.txt", "a\n", template="{{ q }}!", prompt_field="q") == ["a!"]
    assert texts(prompt="a", template="{{ prompt }}!") == ["a!"]


def test_a_template_without_rows_is_one_case(folder: Folder) -> None:
    [case] = cases(template="Say {{ word }}.", variables={"word": "{{ hi }}"}, system="s")
    assert [message.content for message in case.prompt.messages] == ["s", "Say {{ hi }}."]
    assert (case.index, case.id) == (0, None)


def test_a_rows_field_goes_before_a_variable(folder: Folder) -> None:
    template = "{{ a }} {{ b }}"
    variables = {"a": "option", "b": "option"}
    assert _rendered(folder, template, {"a": "row"}, variables=variables) == "row option"


def test_fields_of_any_name_are_reached_through_row(folder: Folder) -> None:
    row = {"two words": "a", "items": "b"}
    assert _rendered(folder, "{{ row['two words'] }}{{ row['items'] }}", row) == "ab"
    assert _rendered(folder, "{{ row }}", {"row": "own"}) == "own"


def test_rows_are_data_and_never_templates(folder: Folder) -> None:
    row = {"x": "{{ 7 * 7 }}", "y": "{% raw %}", "<z>": "<&'\">"}
    assert _rendered(folder, "{{ x }}{{ y }}{{ row['<z>'] }}", row) == "{{ 7 * 7 }}{% raw %}<&'\">"


def test_a_template_of_a_file_loses_its_last_line_end_only(folder: Folder) -> None:
    folder.write("t.j2", b"\xef\xbb\xbf{{ x }}\r\n\r\n")
    assert _rendered(folder, "@t.j2", {"x": "a\r\n"}) == "a\r\n\n"


def test_json_is_written_as_it_is(folder: Folder) -> None:
    row = {"x": ["<é&'>", None]}
    assert _rendered(folder, "{{ x | tojson }}", row) == '["<é&\'>", null]'
    assert _rendered(folder, "{{ x | tojson(indent=1) }}", row) == '[\n "<é&\'>",\n null\n]'


def test_values_that_are_data_are_rendered(folder: Folder) -> None:
    row = {"a": [1, 2.5, True, None], "b": {"c": "d"}}
    template = "{{ a }}{{ b.c }}{{ b.items() | list }}{{ a | map('string') | join('/') }}"
    assert _rendered(folder, template, row) == "[1, 2.5, True, None]d[('c', 'd')]1/2.5/True/None"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("a\n{{ x }}", "2: 'x' is undefined; known are 'row', 'title', 'deep'"),
        ("{% if x %}{% endif %}", "1: 'x' is undefined; known are"),
        ("{{ deep.x }}", "1: 'dict object' has no attribute 'x'; known are"),
        ("{{ deep['\x1b[0m'] }}", r"1: 'dict object' has no attribute '\x1b[0m'"),
        ("{{ x | tojson }}", "1: 'x' is undefined"),
        ("{{ title.title }}", "1: a method would be rendered; call it with (), or if a field of"),
        ("{{ row.items }}", "1: a method would be rendered; call it with (), or if a field of"),
        ("{{ range }}", "1: a method would be rendered"),
        ("{{ dict }}", "1: a type would be rendered; add | list or | join"),
        ("\n\n{{ title | map('upper') }}", "3: a generator would be rendered; add | list or |"),
        ("{{ range(3) }}", "1: a range would be rendered; add | list or | join"),
        ("{{ [title | map('upper')] | tojson }}", "1: a generator cannot be written as JSON; add"),
        ("{% for i in deep %}{{ loop }}{% endfor %}", "1: a LoopContext would be rendered"),
        ("{{ title / 2 }}", "1: unsupported operand type(s) for /: 'str' and 'int'"),
        ("{{ 1 / 0 }}", "1: division by zero"),
        ("{% include 'x' %}", "1: a template cannot include or import another"),
        ("{% extends '/etc/passwd' %}", "1: a template cannot include or import another"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "1: maximum recursion depth exceeded"),
        ("{{ 'ab' * 10 ** 9 }}", "1: the product is too long"),
        ("{{ 10 ** 9 * [1, 2] }}", "1: the product is too long"),
        ("{{ 10 ** (10 ** 10) }}", "1: the power is too large"),
        ("{{ range(10 ** 9) | list }}", "1: Range too big. The sandbox blocks ranges larger than"),
    ],
)
def test_what_fails_is_refused_with_its_line(folder: Folder, template: str, reason: str) -> None:
    row = {"title": "a", "deep": {"b": 1}}
    assert _refusal(folder, template, row).startswith(reason)


@pytest.mark.parametrize(
    "template",
    [
        "{{ title.__class__ }}",
        "{{ title['__class__'].__mro__ }}",
        "{{ title | attr('__class__') }}",
        "{{ ''.join.__globals__ }}",
        "{{ '{0.__class__}'.format(title) }}",
        "{{ deep.update({'x': 1}) }}",
        "{{ items.append(1) }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ self.__init__ }}",
        "{{ namespace.__init__ }}",
    ],
)
def test_what_could_leave_the_sandbox_is_refused(folder: Folder, template: str) -> None:
    row = {"title": "a", "deep": {"b": 1}, "items": [1]}
    assert _refusal(folder, template, row).startswith("1: ")


@pytest.mark.parametrize("template", ["{{ lipsum() }}", "{{ [1, 2] | random }}"])
def test_nothing_is_random_since_every_model_must_be_asked_the_same(
    folder: Folder, template: str
) -> None:
    assert refusal(template=template).startswith("--template, line 1: ")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("a\n{% if %}", "line 2: Expected an expression, got 'end of statement block'"),
        ("{{ x", "line 1: unexpected end of template, expected 'end of print statement'."),
        ("\n{% for %}", "line 2: Expected an expression, got 'end of statement block'"),
        ("{% nothing %}", "line 1: Encountered unknown tag 'nothing'."),
        ("{{ x | nothing }}", "line 1: No filter named 'nothing'."),
        ("{{ '\x1b[0m }}", r"line 1: unexpected char "),
    ],
)
def test_what_is_not_a_template_is_refused_with_its_line(template: str, reason: str) -> None:
    assert refusal(template=template).startswith(f"--template, {reason}")


def test_messages_name_the_templates_file(folder: Folder) -> None:
    folder.write("t.j2", "a\n{% if %}")
    assert refusal(template="@t.j2").startswith("t.j2, line 2: Expected an expression")
    folder.write("t.j2", "a\n{{ x }}")
    assert refusal(template="@t.j2") == (
        "t.j2, line 2: 'x' is undefined; give it a value with --var"
    )
    assert refusal(prompt="p", template="@t.j2").startswith("--prompt: t.j2, line 2: 'x' is")


@pytest.mark.parametrize("template", ["{{ " + "(" * 1000, "{{ 1" + "0" * 5000 + " }}"])
def test_what_passes_the_compilers_limits_is_refused(template: str) -> None:
    assert refusal(template=template).startswith("--template")


def test_nothing_but_white_space_is_refused(folder: Folder) -> None:
    assert refusal(template=" ") == "--template is empty"
    assert folder.refusal("a.txt", "a", template="{{ '' }} ") == (
        "a.txt, line 1: what the template makes of it is empty"
    )


def test_text_without_end_is_stopped() -> None:
    loops = "{% for i in range(100000) %}" * 2 + "many words" * 100 + "{% endfor %}" * 2
    with pytest.raises(PromptError, match=r"^here: t: it makes more than 16777216 characters$"):
        Template(loops, "t").render({}, "here")
