"""A plan's chart in a file."""

from __future__ import annotations

from pathlib import Path

from modelforge.core.errors import UsageError
from modelforge.cost.plan import CostPlan

_DENSITY = 2.0  # pixels a point, for screens of today


def write_chart(plan: CostPlan, path: Path) -> None:
    """Draw ``plan`` into ``path``, an ``.svg`` or a ``.png``; nothing is fetched for it.

    Raises:
        UsageError: there is nothing to draw, or the file cannot be written.
    """
    import vl_convert  # noqa: PLC0415 (a V8 engine: for charts only)

    from modelforge.export.cost_chart import cost_chart  # noqa: PLC0415 (altair)

    if not any(bill.usd for one in plan.scenarios for bill in one.bills):
        raise UsageError("no model shown has a bill above $0: there is nothing to draw")
    spec = cost_chart(plan).to_dict()
    if path.suffix.lower() == ".svg":
        data = vl_convert.vegalite_to_svg(spec).encode()
    else:
        data = vl_convert.vegalite_to_png(spec, scale=_DENSITY)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
