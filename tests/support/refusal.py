"""What a refused input says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelforge.core.errors import UsageError


def refusal(attempt: Callable[[], object]) -> str:
    """The one line of the ``UsageError`` that ``attempt`` raises."""
    with pytest.raises(UsageError) as caught:
        attempt()
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message
