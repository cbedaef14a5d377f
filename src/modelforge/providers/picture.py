"""Pictures that are held in a URL (RFC 2397)."""

from __future__ import annotations

import base64
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from modelforge.core.errors import PromptError
from modelforge.core.prompt import ImagePart


class InlinePicture(NamedTuple):
    """A picture itself, in base64."""

    media_type: str
    data: str


def inline_picture(picture: ImagePart) -> InlinePicture | None:
    """The picture that a ``data:`` URL holds; None for a picture that is elsewhere.

    Raises:
        PromptError: it is a ``data:`` URL without a media type or a comma.
    """
    scheme, _, rest = picture.url.partition(":")
    if scheme.lower() != "data":
        return None
    head, comma, data = rest.partition(",")
    media_type, *parameters = head.split(";")
    if not comma or not media_type:
        raise PromptError(
            f"a picture's data: URL begins {picture.url[:40]!r}; write data:image/png;base64,…"
        )
    if "base64" in parameters:
        return InlinePicture(media_type, data)
    return InlinePicture(media_type, base64.b64encode(unquote_to_bytes(data)).decode("ascii"))
