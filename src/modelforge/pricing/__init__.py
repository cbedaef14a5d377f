"""Usage times price: pure, and never silent about what it does not know."""
