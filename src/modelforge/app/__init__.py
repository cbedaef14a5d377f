"""Use cases: the only place that wires concrete parts together."""
