"""The name of a model: who serves it, and what they call it."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.core.errors import InvalidModelId


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class ModelId:
    """A model as its provider serves it, written ``provider/model``.

    Only the first slash divides: everything after it is the provider's own name for the model,
    which may hold slashes, colons and at-signs of its own
    (``openrouter/meta-llama/llama-3.3-70b``, ``ollama/qwen3:8b``).
    """

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> ModelId:
        """Read ``provider/model``.

        Raises:
            InvalidModelId: a part is missing.
        """
        provider, slash, model = text.strip().partition("/")
        if not slash:
            raise InvalidModelId(
                f"{text!r} is not a model: write provider/model, for example"
                f" openai/{text or 'gpt-4o'}"
            )
        if not provider or not model:
            missing = "provider before" if not provider else "model after"
            raise InvalidModelId(
                f"{text!r} is not a model: the {missing} the slash is missing; write provider/model"
            )
        return cls(provider=provider, model=model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"
