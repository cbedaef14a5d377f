"""Where cases come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Self

from modelforge.core.prompt import Case


class CaseSource(ABC):
    """Cases that can be iterated any number of times, also by several at once.

    Every iteration starts at the first case, yields the same cases, and holds one row at a time.
    It raises PromptError at the first row that cannot be used, or when there is no case at all.
    As a context manager it closes itself.
    """

    @property
    @abstractmethod
    def description(self) -> str:
        """A short name for messages: a file's, or an option's."""

    @abstractmethod
    def __iter__(self) -> Iterator[Case]: ...

    @abstractmethod
    def close(self) -> None:
        """Let go of the file, and so of what was spooled; it cannot be iterated any more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def validate(source: CaseSource) -> int:
    """Read everything once, so that every error appears before anything is sent.

    Returns:
        The number of cases, at least one.

    Raises:
        PromptError: a row cannot be used, or there is none.
    """
    return sum(1 for _ in source)
