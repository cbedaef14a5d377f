"""Recorded answers as models: ``replay/FILE#MODEL``."""
