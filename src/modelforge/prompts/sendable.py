"""Text that can be sent to a model."""

from __future__ import annotations

from modelforge.core.errors import PromptError


def sendable(text: str, where: str) -> str:
    """``text``, which is not blank and can be written in UTF-8.

    Raises:
        PromptError: it is blank, or holds half of a surrogate pair, which no encoding can carry.
    """
    if not text.strip():
        raise PromptError(f"{where} is empty")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise PromptError(
            f"{where} is not Unicode text: character {error.start} is U+{code:04X}, "
            "half of a surrogate pair"
        ) from None
    return text
