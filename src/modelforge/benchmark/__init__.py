"""The load generator's engine: what is asked when, what was measured, and whether to trust it."""
