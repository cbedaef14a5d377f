"""What a plan of calls would cost: tables of prices, scenarios, budgets."""
