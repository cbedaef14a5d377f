"""Totals kept for the next time, and what of them still holds when prices changed."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from zipfile import BadZipFile

import numpy as np

from modelforge.core.model_id import ModelId
from modelforge.cost.bill_lines import Verdict
from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.totals import Totals
from modelforge.pricing.tariff import Terms

_FORMAT: Final = 2


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
class StoredTotals:
    """Totals with what they were made of.

    Attributes:
        version: of all prices they were made with.
        digests: of each model's terms: a row holds as long as its model's terms are the same.
    """

    version: str
    digests: tuple[str, ...]
    totals: Totals

    def encode(self) -> bytes:
        """As bytes."""
        different = list(dict.fromkeys(self.totals.verdicts.values()))
        number = {verdict: place for place, verdict in enumerate(different)}
        head = {
            "format": _FORMAT,
            "version": self.version,
            "digests": self.digests,
            "different": [(one.status, one.kind, one.reasons) for one in different],
            "verdicts": [(place, number[one]) for place, one in self.totals.verdicts.items()],
        }
        buffer = io.BytesIO()
        text = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
        np.savez(buffer, head=text, usd=self.totals.usd)
        return buffer.getvalue()

    @classmethod
    def decode(cls, data: bytes, ids: Sequence[ModelId]) -> StoredTotals | None:
        """What gave ``data``, of the same models.

        None where it cannot be read, which is as if it had never been.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                head: Mapping[str, Any] = json.loads(arrays["head"].tobytes())
                if head["format"] != _FORMAT:
                    return None
                different = [
                    Verdict(status=status, kind=kind, reasons=tuple(reasons))
                    for status, kind, reasons in head["different"]
                ]
                return cls(
                    version=head["version"],
                    digests=tuple(head["digests"]),
                    totals=Totals(
                        ids=tuple(ids),
                        usd=arrays["usd"],
                        verdicts={place: different[number] for place, number in head["verdicts"]},
                    ),
                )
        except (KeyError, ValueError, TypeError, OSError, EOFError, IndexError, BadZipFile):
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
