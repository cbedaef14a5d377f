"""A calibration that nobody measured."""

from __future__ import annotations

from datetime import UTC, datetime

from modelforge.benchmark.calibration import Calibration, Machine

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MACHINE = Machine(cpu="A CPU", cores=2, python="3.11.7", modelforge="0.1.0")
CALIBRATION = Calibration(
    machine=MACHINE,
    measured_at=NOW,
    requests_per_s=5000.0,
    events_per_s=400_000.0,
    most_requests_per_s=10_000.0,
    most_events_per_s=800_000.0,
    tokens=128,
    cpu_us_per_request=100.0,
    stamp_error_p50_ms=0.05,
    stamp_error_p99_ms=0.2,
    itl_error_mean_ms=0.0,
    schedule_lag_p99_ms=0.3,
)
