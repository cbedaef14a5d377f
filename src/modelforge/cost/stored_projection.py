"""A projection kept for the next time, and what of it still holds when prices changed."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Protocol

import numpy as np

from modelforge.core.model_id import ModelId
from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.projection import Projection
from modelforge.cost.scenario import CostScenario
from modelforge.pricing.tariff import Terms

_FORMAT: Final = 1
_ARRAYS: Final = ("usd", "low", "high", "above", "components", "months")


class AnalysisStore(Protocol):
    """Keeps bytes by a key; losing them costs time and nothing else."""

    def get(self, key: str) -> bytes | None:
        """What was put there last."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data``."""
        ...


class MemoryStore:
    """An `AnalysisStore` that lives as long as it is used."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """What was put there last."""
        return self._kept.get(key)

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data``."""
        self._kept[key] = data


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StoredProjection:
    """A projection with what it was made of.

    Attributes:
        version: of all prices it was made with.
        digests: of each model's terms: a row holds as long as its model's terms are the same.
    """

    version: str
    digests: tuple[str, ...]
    projection: Projection

    def encode(self) -> bytes:
        """As bytes."""
        projection = self.projection
        head = {
            "format": _FORMAT,
            "version": self.version,
            "digests": self.digests,
            "level": projection.level,
            "statuses": projection.statuses,
            "kinds": projection.kinds,
            "reasons": projection.reasons,
            "notes": projection.notes,
        }
        buffer = io.BytesIO()
        arrays = {name: getattr(projection, name) for name in _ARRAYS}
        np.savez(buffer, head=np.frombuffer(json.dumps(head).encode(), dtype=np.uint8), **arrays)
        return buffer.getvalue()

    @classmethod
    def decode(
        cls, data: bytes, scenario: CostScenario, ids: Sequence[ModelId]
    ) -> StoredProjection | None:
        """What gave ``data``, of the same scenario and models.

        None where it cannot be read, which is as if it had never been.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                head: Mapping[str, Any] = json.loads(arrays["head"].tobytes())
                if head["format"] != _FORMAT:
                    return None
                return cls(
                    version=head["version"],
                    digests=tuple(head["digests"]),
                    projection=Projection(
                        scenario=scenario,
                        ids=tuple(ids),
                        level=head["level"],
                        statuses=tuple(head["statuses"]),
                        kinds=tuple(head["kinds"]),
                        reasons=tuple(map(tuple, head["reasons"])),
                        notes=tuple(map(tuple, head["notes"])),
                        **{name: arrays[name] for name in _ARRAYS},
                    ),
                )
        except (KeyError, ValueError, TypeError, OSError, EOFError):
            return None


class TermsDigests:
    """Fingerprints of what decides a model's bill beside the scenario: its shares and rates.

    Terms that were seen before are known by their identity: they must live as long as this.
    """

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def of(self, model: ModelTerms) -> str:
        """The fingerprint of ``model``."""
        parts = [
            f"{share.share!r};{share.month!r};{self._terms(share.terms)}" for share in model.shares
        ]
        told = hashlib.sha256("\n".join((*parts, *model.notes)).encode())
        return told.hexdigest()[:32]

    def _terms(self, terms: Terms) -> str:
        found = self._known.get(id(terms))
        if found is None:
            found = hashlib.sha256(repr(terms).encode()).hexdigest()
            self._known[id(terms)] = found
        return found


def joined(old: StoredProjection, new: Projection, ids: Sequence[ModelId]) -> Projection:
    """The rows of ``ids`` from ``new`` where it has them, and from ``old``."""
    places = {id_: (old.projection, place) for place, id_ in enumerate(old.projection.ids)}
    places |= {id_: (new, place) for place, id_ in enumerate(new.ids)}
    picked = [places[id_] for id_ in ids]
    values: dict[str, Any] = {}
    for one in fields(Projection):
        if one.name in _ARRAYS:
            rows = [getattr(source, one.name)[place] for source, place in picked]
            values[one.name] = np.array(rows, dtype=np.float64)
        elif one.name not in ("scenario", "ids", "level"):
            values[one.name] = tuple(getattr(source, one.name)[place] for source, place in picked)
    return Projection(scenario=new.scenario, ids=tuple(ids), level=new.level, **values)
