"""What a plan costs: scenarios, projections, recommendations, budgets. No I/O."""
