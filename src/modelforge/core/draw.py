"""Random numbers that depend on nothing but what they are for."""

from __future__ import annotations

from random import Random


def source_of(purpose: str, *numbers: int) -> Random:
    """A generator for this purpose and these numbers, in every process and version the same."""
    return Random(":".join((purpose, *map(str, numbers))))  # noqa: S311 (no secret)


def mixed(number: int) -> int:
    """``number`` modulo 2**64, stirred: a permutation of the 64-bit numbers.

    The finaliser of SplitMix64 (Steele, Lea and Flood, *Fast Splittable Pseudorandom Number
    Generators*, OOPSLA 2014).
    """
    number = (number + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return number ^ (number >> 31)
