#!/bin/sh
# Every measurement that needs nothing but this machine; the others name what they need in their docstrings.
set -eu
python -m bench.startup
python -m bench.benchmark_startup
python -m bench.catalogue_load
python -m bench.price_table
python -m bench.cost_plan
python -m bench.simulator_capacity
python -m bench.benchmark_report
python -m bench.stats_coverage
python -m bench.stats_aa
python -m bench.find_max
python -m bench.time_slices
python -m bench.verdict_truth
if [ -n "${TARGET_BASE_URL:-}" ]; then
  python -m bench.compare_throughput --base-url "$TARGET_BASE_URL"
else
  echo "compare_throughput: set TARGET_BASE_URL to an OpenAI-compatible server that streams faster than it is asked"
fi
if [ -n "${TARGET_BASE_URL:-}" ]; then
  python -m bench.wire_ceiling --base-url "$TARGET_BASE_URL"
  python -m bench.wire_open_loop --base-url "$TARGET_BASE_URL"
  python -m bench.wire_million --base-url "$TARGET_BASE_URL"
fi
if [ -n "${PACED_BASE_URL:-}" ]; then
  python -m bench.wire_accuracy --base-url "$PACED_BASE_URL"
else
  echo "wire_accuracy: set PACED_BASE_URL to a server that paces its streams and tells at /stats what it sent"
fi
