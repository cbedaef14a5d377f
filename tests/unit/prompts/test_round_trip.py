"""Any text comes back as it was written, whatever the format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelforge.prompts.rows import csv_table, json_list, jsonl, text, yaml_list

_Rows = list[dict[str, str]]

_texts = st.text() | st.sampled_from(
    ["no", "1e3", "~", "<<", "=", "- a", "a: b", "#", "'", "{{ x }}"]
)
_rows = st.lists(st.fixed_dictionaries({"prompt": _texts, "é": _texts}), min_size=1, max_size=4)


def _values(rows: Iterator[Any]) -> list[Any]:
    return [row.value for row in rows]


@settings(deadline=None)
@given(rows=_rows, ascii_only=st.booleans(), line_end=st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_jsonl(rows: _Rows, ascii_only: bool, line_end: str) -> None:
    content = line_end.join(json.dumps(row, ensure_ascii=ascii_only) for row in rows)
    assert _values(jsonl.rows(io.BytesIO(content.encode()), "f")) == rows


@settings(deadline=None)
@given(rows=_rows, ascii_only=st.booleans(), indent=st.none() | st.integers(0, 2))
def test_json(rows: _Rows, ascii_only: bool, indent: int | None) -> None:
    content = json.dumps(rows, ensure_ascii=ascii_only, indent=indent)
    assert _values(json_list.rows(io.BytesIO(content.encode()), "f")) == rows


@pytest.mark.parametrize(
    ("read", "delimiter"), [(csv_table.comma_rows, ","), (csv_table.tab_rows, "\t")]
)
@settings(deadline=None)
@given(rows=_rows, line_end=st.sampled_from(["\n", "\r\n"]))
def test_csv(read: Any, delimiter: str, rows: _Rows, line_end: str) -> None:
    rows = [{name: value.replace("\0", "") for name, value in row.items()} for row in rows]
    table = io.StringIO()
    writer = csv.DictWriter(
        table, ["prompt", "é"], delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL
    )
    writer.writeheader()
    writer.writerows(rows)
    assert _values(read(io.BytesIO(table.getvalue().encode()), "f")) == rows


@pytest.mark.parametrize("dumper", [yaml.SafeDumper, getattr(yaml, "CSafeDumper", yaml.SafeDumper)])
@settings(deadline=None)
@given(
    rows=_rows,
    unicode=st.booleans(),
    style=st.sampled_from([None, "'", '"', "|", ">"]),
    flow=st.sampled_from([None, True, False]),
)
def test_yaml(
    dumper: Any, rows: _Rows, unicode: bool, style: str | None, flow: bool | None
) -> None:
    content = yaml.dump(
        rows, Dumper=dumper, allow_unicode=unicode, default_style=style, default_flow_style=flow
    )
    assume(yaml.safe_load(content) == rows)  # some writers fold U+0085 and its like into a space
    assert _values(yaml_list.rows(io.BytesIO(content.encode()), "f")) == rows


@settings(deadline=None)
@given(
    prompts=st.lists(st.text().filter(lambda prompt: prompt.strip()), min_size=1),
    line_end=st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_text(prompts: list[str], line_end: str) -> None:
    prompts = [
        prompt.replace("\n", " ").replace("\0", " ").removesuffix("\r") + "." for prompt in prompts
    ]
    content = "\ufeff" + line_end.join(prompts)
    assert _values(text.rows(io.BytesIO(content.encode()), "f")) == prompts
