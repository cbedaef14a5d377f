"""The tokens an answer took, as the server counted them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Token counts; None where the server did not say.

    ``cached_tokens`` (read from a cache), ``cache_write_tokens`` (written to one) and
    ``input_audio_tokens`` are part of ``prompt_tokens``; ``reasoning_tokens`` and
    ``output_audio_tokens`` part of ``completion_tokens``; ``cache_write_1h_tokens``, of what was
    written, what is kept for an hour: none is added to a total again.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None

    @property
    def total_tokens(self) -> int | None:
        """Prompt and completion together, or None when either is unknown."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens
