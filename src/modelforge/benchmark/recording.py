"""A recording read back: the batches of all workers as columns, whatever is left of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from modelforge.benchmark.gap_slots import GapSlot, GapSlots
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.record import PLAN_KEY, RECORD, TELEMETRY_KEY
from modelforge.benchmark.telemetry import Telemetry
from modelforge.core.errors import NotARecording
from modelforge.stats.histogram import LogHistogram

_NOTHING = LogHistogram()


def keep() -> None:
    """What lies in memory of its own has nothing to give back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """What a run left behind.

    Attributes:
        plan: what was asked.
        columns: a row a request, in `RECORD`'s columns, in the order of arrival.
        telemetry: of every batch, in the same order; their gaps are merged in ``gaps``.
        gaps: of every batch together, nanoseconds.
        reasoning_gaps: those of them that end where reasoning came before all else; None: none.
        loss: how the recording ended before its end, in one line; None: it did not.
        gap_slots: ``gaps`` by the time they were reported in.
        began_ns, early: what was sent before is taken as a warm-up, and how many requests that are.
        let_go: gives back the memory that reading ``columns`` took, where they lie in a mapped
            file: what is read again comes from the file.
    """

    plan: Plan
    columns: pa.Table
    telemetry: tuple[Telemetry, ...] = ()
    gaps: LogHistogram = field(default_factory=LogHistogram)
    reasoning_gaps: LogHistogram | None = None
    loss: str | None = None
    gap_slots: tuple[GapSlot, ...] = ()
    began_ns: int = 0
    early: int = 0
    let_go: Callable[[], None] = field(default=keep, repr=False, compare=False)


def read_recording(
    schema: pa.Schema,
    batches: Iterable[tuple[pa.RecordBatch, Mapping[Any, Any] | None]],
    *,
    let_go: Callable[[], None] = keep,
) -> Recording:
    """Read ``batches``, each with its custom metadata, as ``iter_batches_with_custom_metadata`` of
    an Arrow stream's reader gives them.

    A stream that is cut off in the middle ends there: every complete batch counts, and ``loss``
    says so. A stream cut exactly between two batches ends without a sign; the workers that did not
    say goodbye (`Telemetry.final`) tell.

    Raises:
        NotARecording: the schema, the plan or a batch's telemetry is not that of a benchmark.
    """
    _check(schema)
    plan = _plan(schema)
    kept: list[pa.RecordBatch] = []
    telemetry: list[Telemetry] = []
    gaps = LogHistogram()
    slots = GapSlots()
    reasoning_gaps: LogHistogram | None = None
    loss: str | None = None
    source = iter(batches)
    while True:
        try:
            batch, metadata = next(source)
        except StopIteration:
            break
        except (pa.ArrowException, OSError) as fault:
            loss = f"cut off after {len(kept):,} batches: {' '.join(str(fault).split())}"
            break
        kept.append(batch)
        said = _telemetry(metadata)
        if said is not None:
            gaps += said.gaps
            slots.add(said.gaps, at_ns=said.at_ns)
            if said.reasoning_gaps is not None:
                reasoning_gaps = said.reasoning_gaps + (reasoning_gaps or _NOTHING)
            telemetry.append(replace(said, gaps=_NOTHING, reasoning_gaps=None))
        let_go()
    return Recording(
        plan=plan,
        columns=pa.Table.from_batches(kept, schema=schema),
        telemetry=tuple(telemetry),
        gaps=gaps,
        reasoning_gaps=reasoning_gaps,
        loss=loss,
        gap_slots=slots.build(),
        let_go=let_go,
    )


def _check(schema: pa.Schema) -> None:
    for column in RECORD:
        place = schema.get_field_index(column.name)
        if place < 0:
            raise NotARecording(f"not a benchmark's recording: it has no column {column.name!r}")
        found = schema.field(place).type
        if found != column.type:
            raise NotARecording(
                f"not a benchmark's recording: column {column.name!r} holds {found},"
                f" not {column.type}"
            )


def _plan(schema: pa.Schema) -> Plan:
    text = (schema.metadata or {}).get(PLAN_KEY)
    if text is None:
        raise NotARecording("not a benchmark's recording: it carries no plan")
    try:
        return Plan.from_json(text)
    except ValueError as fault:
        raise NotARecording(str(fault)) from fault


def _telemetry(metadata: Mapping[Any, Any] | None) -> Telemetry | None:
    text = metadata.get(TELEMETRY_KEY) if metadata is not None else None
    if text is None:
        return None
    try:
        return Telemetry.from_json(text)
    except ValueError as fault:
        raise NotARecording(str(fault)) from fault
