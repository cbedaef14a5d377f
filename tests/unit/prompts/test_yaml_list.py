"""YAML, with libyaml's parser and with the one in Python."""

from __future__ import annotations

import json

import pytest
import yaml

from modelforge.prompts.rows import yaml_list
from tests.unit.prompts.reading import Folder


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(yaml, request.param):
        pytest.skip("this PyYAML is built without libyaml")
    monkeypatch.setattr(yaml_list, "_Parser", getattr(yaml, request.param))


def test_the_items_of_the_list_are_rows(folder: Folder) -> None:
    content = """\
# a comment
- Why?
- prompt: |
    two
    lines
  id: 7
- {"prompt": "flow", "id": "x"}
"""
    found = folder.cases("a.yaml", content)
    assert [(case.prompt.text, case.id) for case in found] == [
        ("Why?", None),
        ("two\nlines\n", "7"),
        ("flow", "x"),
    ]


def test_several_documents_are_rows_and_blank_ones_are_none(folder: Folder) -> None:
    assert folder.texts("a.yml", "---\n---\nprompt: a\n---\nb\n---\n") == ["a", "b"]


def test_plain_scalars_are_text_but_where_yaml_and_json_agree(folder: Folder) -> None:
    content = """\
- {no: no, yes: Yes, day: 2024-01-31, zip: 01234, time: 12:30:00, hex: 0x10, under: 1_000,
   dot: .5, inf: .inf, equals: =, e: 1e3, int: -12, float: 1.5e+3, t: true, f: False,
   nil: ~, nothing: }
"""
    rendered = folder.texts("a.yaml", content, template="{{ row | tojson }}")
    assert json.loads(rendered[0]) == {
        "no": "no",
        "yes": "Yes",
        "day": "2024-01-31",
        "zip": "01234",
        "time": "12:30:00",
        "hex": "0x10",
        "under": "1_000",
        "dot": ".5",
        "inf": ".inf",
        "equals": "=",
        "e": "1e3",
        "int": -12,
        "float": 1500.0,
        "t": True,
        "f": False,
        "nil": None,
        "nothing": None,
    }


def test_tags_of_jsons_kinds_are_obeyed(folder: Folder) -> None:
    content = "- {a: !!str 1, b: !!int '2', d: !!bool 'TRUE', e: !!null '', f: !!float 1}"
    rendered = folder.texts("a.yaml", content, template="{{ row | tojson }}")
    assert json.loads(rendered[0]) == {"a": "1", "b": 2, "d": True, "e": None, "f": 1.0}


def test_aliases_and_merges_stand_for_what_they_name(folder: Folder) -> None:
    content = """\
- &a {prompt: x, system: s}
- {<<: *a, prompt: y}
- {<<: [*a, {id: 1}], prompt: z}
- *a
"""
    found = folder.cases("a.yaml", content)
    assert [case.prompt.text for case in found] == ["x", "y", "z", "x"]
    assert [case.prompt.messages[0].content for case in found] == ["s"] * 4
    assert found[2].id == "1"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", ": there is no prompt in it"),
        ("# nothing\n", ": there is no prompt in it"),
        ("[]", ": there is no prompt in it"),
        ("prompt: a\n", ", line 1, column 1: not usable YAML: the file is one value, not a list"),
        ("just text", ", line 1, column 1: not usable YAML: the file is one value, not a list"),
        ("- a\n---\n- b\n", ", line 2, column 1: not usable YAML: another document follows a list"),
        ("- a\n- [b\n", ", line 3, column 1: not usable YAML: "),
        ("- a: b: c\n", ", line 1, column 7: not usable YAML: mapping values are not allowed"),
        ("- a\n\t- b: c\n", ", line 2, column "),
        ("- *nobody\n", ", line 1, column 3: not usable YAML: found undefined alias 'nobody'"),
        ("- &a [*a]\n", ", line 1, column 7: not usable YAML: an alias stands inside of what"),
        ("- {a: 1, a: 2}\n", ", line 1, column 10: not usable YAML: an object has the field 'a'"),
        ("- ? [a]\n  : b\n", ", line 1, column 5: not usable YAML: found unhashable key"),
        ("- a\n- {1: b}\n", ", line 2: the name of a field is a number, not text; put it in"),
        ("- a\n- 5\n", ", line 2: a row is text or an object, not a number"),
        ("- a\n- - b\n", ", line 2: a row is text or an object, not a list"),
        ("- a\n-\n", ", line 2: a row is text or an object, not null"),
        ("- prompt: 5\n", ", line 1: field 'prompt' is a number, not text; make text of it with"),
        ("- !!int x\n", ", line 1, column 3: not usable YAML: 'x' cannot be read as int"),
        ("- !!bool x\n", ", line 1, column 3: not usable YAML: 'x' cannot be read as bool"),
        ("- !!str [x]\n", ", line 1, column 3: not usable YAML: expected a scalar node"),
        ("- " + "1" * 5000, ", line 1, column 3: not usable YAML: "),
        ("- " * 200 + "x", ", line 1, column 203: not usable YAML: nested deeper than 100 levels"),
        ("[" * 100_000, ", line 1, column 102: not usable YAML: nested deeper than 100 levels"),
        ("? " * 200 + "x", ", line 1, column 201: not usable YAML: nested deeper than 100 levels"),
        ("- a\n- \x1b[0m\n", ", line 2: not usable YAML: the character '\\x1b' must be written"),
        ("- \ufffe", ", line 1: not usable YAML: the character '\\ufffe' must be written as an"),
    ],
)
def test_what_is_not_a_list_of_rows_is_refused_with_its_place(
    folder: Folder, content: str, reason: str
) -> None:
    assert folder.refusal("a.yaml", content).startswith(f"a.yaml{reason}")


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system",
        "!!python/name:os.system",
        "!!python/tuple",
        "!!python/none",
        "!!binary",
        "!!timestamp",
        "!!set",
        "!local",
    ],
)
def test_tags_that_ask_for_more_than_json_has_are_refused(folder: Folder, tag: str) -> None:
    message = folder.refusal("a.yaml", f"- a\n- {tag} [x]\n")
    assert message.startswith("a.yaml, line 2, column 3: not usable YAML: the tag ")
    assert message.endswith(" is not one of JSON's kinds of values")


def _bomb(levels: int, first: str, level: str) -> str:
    lines = [f"- a0: &a0 {first}"]
    for number in range(1, levels):
        aliases = ", ".join([f"*a{number - 1}"] * 9)
        lines.append(f"  a{number}: &a{number} " + level.format(aliases))
    return "\n".join([*lines, "  prompt: hi"])


@pytest.mark.parametrize("levels", [12, 90])
@pytest.mark.parametrize(
    ("first", "level"),
    [
        ("[x, x, x]", "[{}]"),
        ("{x: 1}", "{{<<: [{}]}}"),
        ("x", "{{k: [{}]}}"),
        ("{? [x] : y}", "[{}]"),
    ],
)
def test_aliases_that_expand_without_end_are_refused_before_they_are_expanded(
    folder: Folder, levels: int, first: str, level: str
) -> None:
    message = folder.refusal("a.yaml", _bomb(levels, first, level))
    assert message.startswith("a.yaml, line ")
    assert message.endswith("with its aliases replaced, a row is larger than 16777216 bytes")


def test_a_byte_order_mark_and_crlf_are_not_part_of_the_rows(folder: Folder) -> None:
    assert folder.texts("a.yaml", b"\xef\xbb\xbf- a\r\n- b\r\n") == ["a", "b"]
