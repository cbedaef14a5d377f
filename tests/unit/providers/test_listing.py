from __future__ import annotations

import pytest

from modelforge.providers.listing import listed_ids


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (b'{"object": "list", "data": [{"id": "a"}, {"id": "b/c"}]}', ("a", "b/c")),
        (b'{"data": [{"type": "model", "id": "claude"}], "has_more": false}', ("claude",)),
        (b'{"models": [{"name": "models/gemini-2.5-pro"}]}', ("gemini-2.5-pro",)),
        (b'[{"id": "a"}]', ("a",)),
        (b'{"data": [3, {}, {"id": 4}, {"id": ""}, {"id": "a"}]}', ("a",)),
        (b'{"data": []}', ()),
        (b'{"data": {}}', None),
        (b"{}", None),
        (b"<html>", None),
        (b"[" * 100_000, None),
    ],
)
def test_the_shapes_of_the_protocols(body: bytes, ids: tuple[str, ...] | None) -> None:
    assert listed_ids(body) == ids
