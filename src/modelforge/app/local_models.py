"""The models that run on this machine: which there are, which are fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelforge.config.builtin import LOCAL_PROVIDER
from modelforge.core.model_id import ModelId
from modelforge.local.catalogue import KNOWN_MODELS, LocalModel
from modelforge.local.weights import weights_path


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalModelState:
    """A known local model: ``id`` as it is named in a comparison, sizes in bytes."""

    id: str
    description: str
    licence: str
    download_bytes: int
    fetched: bool
    path: str | None


def local_models() -> list[LocalModelState]:
    """Every known local model, fetched or not."""
    return [_state(model) for model in KNOWN_MODELS.values()]


def missing_models(ids: Sequence[ModelId]) -> list[LocalModel]:
    """The known local models among ``ids`` whose weights have not been fetched."""
    models = [KNOWN_MODELS.get(id_.model) for id_ in ids if id_.provider == LOCAL_PROVIDER]
    return [model for model in models if model and not weights_path(model).is_file()]


def _state(model: LocalModel) -> LocalModelState:
    path = weights_path(model)
    fetched = path.is_file()
    return LocalModelState(
        id=str(ModelId(provider=LOCAL_PROVIDER, model=model.name)),
        description=model.description,
        licence=model.licence,
        download_bytes=model.download_bytes,
        fetched=fetched,
        path=str(path) if fetched else None,
    )
