from __future__ import annotations

from pathlib import Path

import pytest

from modelforge import ModelsDev
from modelforge.core.errors import UsageError


def test_models_have_a_name_and_a_pricing(tmp_path: Path) -> None:
    models = ModelsDev(tmp_path).get_models("openai")
    found = {model["name"]: model for model in models}
    assert found["gpt-4o"]["pricing"] == {"input": 2.5, "output": 10.0, "cache_read": 1.25}
    assert found["gpt-4o"]["context"] == 128_000
    assert found["gpt-5.4"]["pricing"]["tiers"][0]["above_tokens"] == 272_000
    unlisted = [model for model in models if model["pricing"] is None]
    assert unlisted  # None, never zero
    assert [model["name"] for model in models] == sorted(found)


def test_aliases_and_providers_that_are_not_there(tmp_path: Path) -> None:
    source = ModelsDev(tmp_path)
    assert source.get_models("together") == source.get_models("togetherai")
    with pytest.raises(UsageError, match="did you mean openai"):
        source.get_models("openia")
