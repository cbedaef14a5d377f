"""When batches leave."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.support.wire import jobs, target_at


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_no_two_workers_write_at_once_however_long_it_takes(workers: int) -> None:
    moments = []
    for number, job in enumerate(jobs(target_at("http://127.0.0.1:1/v1"), workers, flush_s=0.5)):
        now_ns, left_ns = -20_000_000, []
        for _ in range(1000):
            wait_ns = job.until_flush_s(now_ns) * 1e9
            assert 50_000_000 <= wait_ns <= 550_000_000
            # Now the timer is early, and now the batch takes its time: longer in some workers.
            now_ns += int(wait_ns) - 500_000
            left_ns.append(now_ns)
            now_ns += 3_000_000 * number
        moments += left_ns
    moments.sort()
    assert min(b - a for a, b in pairwise(moments)) > 0.9 * 5e8 / workers
