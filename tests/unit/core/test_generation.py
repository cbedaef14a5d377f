from __future__ import annotations

from typing import Any

import pytest

from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation


@pytest.mark.parametrize(
    "settings",
    [
        {"max_tokens": "many"},
        {"max_tokens": 1.5},
        {"max_tokens": True},
        {"max_tokens": 0},
        {"temperature": "hot"},
        {"temperature": float("nan")},
        {"top_p": [1]},
        {"top_p": 0},
        {"seed": "x"},
        {"stop": ("",)},
        {"stop": (3,)},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(settings: dict[str, Any]) -> None:
    ((name, _),) = settings.items()
    with pytest.raises(UsageError, match=f"^{name} must be "):
        Generation(**settings)


def test_settings_at_their_limits() -> None:
    Generation(max_tokens=1, temperature=0, top_p=1, seed=-5, stop=("a",))
