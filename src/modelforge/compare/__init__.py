"""The comparison engine: cases x models x repeats, without input or output of its own."""
