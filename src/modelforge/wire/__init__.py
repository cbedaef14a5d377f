"""The load generator's client: sockets, moments, processes."""
