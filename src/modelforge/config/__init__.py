"""What the user has configured, from files, environment and options, and where each value came from."""
