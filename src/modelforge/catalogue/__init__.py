"""Which providers and models there are, what they can do and what they list as their price."""
