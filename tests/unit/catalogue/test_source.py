from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from modelforge.catalogue.cost import Tier
from modelforge.catalogue.source import read_source
from tests.unit.catalogue.documents import document, model


def test_a_whole_row() -> None:
    source = read_source(document({"m": model()}))
    (provider,), (found,) = source.providers, source.models
    assert source.refused == ()
    assert (provider.id, provider.protocol, provider.api) == (
        "acme",
        "openai",
        "https://api.acme.test/v1",
    )
    assert provider.key_variables == ("ACME_API_KEY",)
    assert str(found.id) == "acme/m"
    assert (found.context, found.input_limit, found.output_limit) == (128000, None, 4096)
    assert (found.takes, found.gives) == (("text", "image"), ("text",))
    assert (found.tool_call, found.reasoning, found.structured_output) == (True, False, None)
    assert found.cost is not None
    assert found.cost.price.cache_read == Decimal("0.25")
    assert found.cost.price.cache_write is None


def test_prices_are_the_digits_of_the_document() -> None:
    text = document({"m": model(cost={"input": "@", "output": 1})}).replace(
        b'"@"', b"0.1234567890123"
    )
    (found,) = read_source(text).models
    assert found.cost is not None
    assert str(found.cost.price.input) == "0.1234567890123"


def test_a_missing_price_is_unknown_and_zero_is_a_price() -> None:
    models = {
        "a": model(cost=None),
        "b": model(cost={"input": 0, "output": 0}),
        "c": model(cost={}),
    }
    unknown, free, empty = read_source(document(models)).models
    assert unknown.cost is None
    assert free.cost is not None
    assert free.cost.price.free
    assert empty.cost is not None
    assert empty.cost.price.input is None
    assert not empty.cost.price.free


@pytest.mark.parametrize(
    ("cost", "above"),
    [
        ({"context_over_200k": {"input": 5, "output": 20}}, [200_000]),
        (
            {
                "context_over_200k": {"input": 5, "output": 20},
                "tiers": [
                    {"input": 9, "output": 30, "tier": {"type": "context", "size": 512_000}},
                    {"input": 5, "output": 20, "tier": {"type": "context", "size": 272_000}},
                ],
            },
            [272_000, 512_000],
        ),
    ],
)
def test_tiers(cost: dict[str, Any], above: list[int]) -> None:
    (found,) = read_source(document({"m": model(cost={"input": 1, "output": 2, **cost})})).models
    assert found.cost is not None
    assert [tier.above_tokens for tier in found.cost.tiers] == above
    assert isinstance(found.cost.tiers[0], Tier)
    assert found.cost.tiers[0].price.input == 5


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (3, "not an object"),
        (model(cost={"input": -1, "output": 1}), "price input"),
        (model(cost={"input": "1", "output": 1}), "price input"),
        (model(cost={"input": True, "output": 1}), "price input"),
        (model(cost={"input": 10**9, "output": 1}), "price input"),
        (model(cost=[1]), "cost is not an object"),
        (model(cost={"input": 1, "output": 1, "tiers": [{"input": 1}]}), "no size"),
        (model(limit={"context": -1}), "context"),
        (model(limit={"context": 1.5}), "context"),
        (model(name="x" * 1000), "name is longer"),
        (model(tool_call="yes"), "tool_call"),
        (model(release_date="soon"), "release_date"),
        (model(modalities={"input": ["\x1b[31m"]}), "input"),
        (model(status="\u202egnp"), "status"),
    ],
)
def test_a_broken_row_alone_is_refused_and_named(row: Any, words: str) -> None:
    source = read_source(document({"bad": row, "good": model()}))
    assert [str(found.id) for found in source.models] == ["acme/good"]
    (refusal,) = source.refused
    assert refusal.row == "acme/bad"
    assert words in refusal.reason


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity", b"1e999999", b"1e-999999"])
def test_numbers_that_are_no_prices(constant: bytes) -> None:
    text = document({"m": model(cost={"input": "@", "output": 1})}).replace(b'"@"', constant)
    source = read_source(text)
    assert len(source.models) + len(source.refused) == 1
    for found in source.models:  # so small that it is nothing
        assert found.cost is not None
        assert found.cost.price.input == 0


@pytest.mark.parametrize("name", ["", "a b", "\x1b[2J", "é" * 3, "x" * 500])
def test_ids_that_cannot_be_names(name: str) -> None:
    assert read_source(document({name: model()})).models == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"api": "ftp://a"},
        {"api": "https://user@a"},
        {"env": ["A B"]},
        {"models": []},
        {"name": 3},
        {"api": "https://a/v1?key=x"},
        {"api": "https://a:99999"},
        {"api": "https://a/ b"},
        {"env": ["my_v2_secret_in_a_name_KEY"]},
        {"env": [3]},
        {"name": "\ud800"},
        {"npm": "\udfff"},
    ],
)
def test_a_broken_provider_is_refused_with_its_models(fields: dict[str, Any]) -> None:
    source = read_source(document({"m": model()}, **fields))
    assert (source.providers, source.models) == ((), ())
    assert [refusal.row for refusal in source.refused] == ["acme"]


@pytest.mark.parametrize("text", [b"", b"<html>", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_what_is_no_document_at_all(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_source(text)


def test_a_template_may_begin_an_address() -> None:
    fields = {"api": "${ACME_URL}/v1", "env": ["ACME_URL", "ACME_TOKEN"]}
    (provider,) = read_source(document({}, **fields)).providers
    assert provider.api == "${ACME_URL}/v1"
    assert provider.key_variables == ("ACME_TOKEN",)
