"""Scenarios and measured requests, read from files."""
