"""A replay in the engine: its answers enter no figure of speed."""

from __future__ import annotations

import json
import time
from pathlib import Path

from modelforge.compare.contestant import Contestant
from modelforge.compare.engine import run_comparison
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import SummaryBuilder
from modelforge.core.model_id import ModelId
from modelforge.core.prompt import Case, Prompt
from modelforge.pricing.tariff import NoTariff
from modelforge.replay.recordings import Recordings


async def test_no_replay_has_a_latency(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({"prompt": "hi", "output": "yes", "completion_tokens": 3}))
    recordings = Recordings()
    model = recordings.model(ModelId(provider="replay", model=str(path)))
    results: list[ComparisonResult] = []
    await run_comparison(
        [Contestant(model=model, prices=NoTariff(reason="replayed"), max_concurrency=1)],
        [Case(index=0, prompt=Prompt.of("hi")), Case(index=1, prompt=Prompt.of("ho"))],
        ComparisonPlan(repeats=2),
        deliver=results.append,
        clock=time.monotonic,
    )
    recordings.close()
    assert [result.error_kind for result in results] == [None, None, *["not_recorded"] * 2]
    summary = SummaryBuilder(str(model.id))
    for result in results:
        metrics = result.metrics
        assert metrics.latency is metrics.first_token_s is metrics.queued_s is None
        assert metrics.tokens_per_second is None
        summary.add(result)
    assert results[0].metrics.completion_tokens == 3
    assert results[2].metrics.cost_note is None
    built = summary.build()
    assert built.median_latency_s is built.median_first_token_s is None
    assert built.median_tokens_per_second is None
    assert (built.unpriced, built.cost_note) == (2, "replayed")
