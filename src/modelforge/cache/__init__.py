"""Answers kept on disk, so that asking the same again sends nothing."""
