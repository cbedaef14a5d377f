"""What the user has configured, and where each value of it came from."""
