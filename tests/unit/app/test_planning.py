"""How much to measure, from pilots whose prompts come in clusters."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from modelforge.app.graded import GradedTable
from modelforge.app.planning import Wanted, plan_from_table
from modelforge.core.errors import UsageError
from modelforge.stats.clustered import clustered_mean
from modelforge.stats.power import detectable_difference, prompts_needed

CLUSTERS, EACH = 12, 5


def pilot(folder: Path, *, clusters: bool) -> tuple[GradedTable, list[float]]:
    """Scores that differ from document to document far more than within one."""
    rng = np.random.default_rng(7)
    lines, differences = ["case,model,score,cluster"], []
    for document in range(CLUSTERS):
        level = rng.normal(0.5, 1)
        for place in range(EACH):
            difference = level + rng.normal(0, 0.1)
            differences.append(difference)
            name = f"d{document}" if clusters else ""
            lines.append(f"{document}-{place},a,{difference},{name}")
            lines.append(f"{document}-{place},b,0,{name}")
    path = folder / "pilot.csv"
    path.write_text("\n".join(lines))
    return GradedTable(path=str(path)), differences


def test_prompts_of_clusters_are_planned_in_clusters(tmp_path: Path) -> None:
    table, differences = pilot(tmp_path, clusters=True)
    found = plan_from_table(table, Wanted(difference=0.5), models=())
    labels = [n // EACH for n in range(CLUSTERS * EACH)]
    sd = (clustered_mean(differences, labels).standard_error or 0) * math.sqrt(CLUSTERS)
    assert found.size == EACH * prompts_needed(0.5, sd=sd)
    assert "in 12 clusters, and on others of 5 cases each" in found.basis
    alone, _ = pilot(tmp_path, clusters=False)
    assert found.size > 3 * plan_from_table(alone, Wanted(difference=0.5), models=()).size


def test_what_so_many_prompts_find_counts_their_clusters(tmp_path: Path) -> None:
    table, differences = pilot(tmp_path, clusters=True)
    found = plan_from_table(table, Wanted(difference=None, size=100), models=())
    labels = [n // EACH for n in range(CLUSTERS * EACH)]
    sd = (clustered_mean(differences, labels).standard_error or 0) * math.sqrt(CLUSTERS)
    assert found.difference == pytest.approx(detectable_difference(sd=sd, n=20))
    few = plan_from_table(table, Wanted(difference=None, size=29), models=())
    assert few.difference is None  # five whole clusters tell nothing
    with pytest.raises(UsageError, match="without --repeats"):
        plan_from_table(table, Wanted(difference=0.5, repeats=2), models=())
