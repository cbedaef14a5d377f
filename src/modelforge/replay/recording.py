"""The answers of one file, found by their prompts."""

from __future__ import annotations

import difflib
import hashlib
from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from modelforge.core.errors import NotRecorded, UsageError
from modelforge.prompts.input_file import InputFile
from modelforge.prompts.wording import listed, quoted
from modelforge.replay.answer import RecordedAnswer, read_answer
from modelforge.replay.layout import Layout, decoded, layout_of, rows_of

_KEY_BYTES: Final = 16
_NAMELESS: Final = ""
_LONGEST_HINT: Final = 200
_MOST_HINTS: Final = 500

Places = dict[bytes, list[int]]
"""By the key of a prompt, the numbers of its answers in the order they are given."""


class Recording:
    """What a file of recorded answers holds.

    Of JSON Lines only an index stays in memory, some 300 bytes an answer, and each answer is read
    when it is asked for; of JSON the answers stay.

    Raises:
        UsageError: there is no such file, it cannot be read, or it is not a recording.
    """

    def __init__(self, path: str) -> None:
        self.file = InputFile.open(path)
        try:
            self._read()
        except BaseException:
            self.file.close()
            raise

    def identity(self, wanted: str | None) -> str:
        """The model that ``wanted`` means, by any of its names; without one, the only model.

        Raises:
            UsageError: there is none, or more than one.
        """
        named = [name for name in self._models if name != _NAMELESS]
        if wanted is None:
            if len(self._models) == 1:
                return next(iter(self._models))
            rest = " and answers that name no model" if _NAMELESS in self._models else ""
            raise UsageError(
                f"{self.file.name}: holds the answers of {len(named)} models{rest}; "
                f"add # and the name of one: {listed(named)}"
            )
        if wanted in self._models:
            return wanted
        found = self._names.get(wanted, set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            raise UsageError(
                f"{self.file.name}: {quoted(wanted)} are {len(found)} models; "
                f"choose one: {listed(sorted(found))}"
            )
        raise UsageError(self._no_model(wanted, named))

    def places(self, identity: str) -> Places:
        """The answers of a model; ``identity`` is what ``identity`` returned."""
        return self._models[identity]

    def answer(self, number: int) -> RecordedAnswer:
        """Read an answer.

        Raises:
            NotRecorded: the file was changed or removed since.
        """
        if self._held is not None:
            return self._held[number]
        try:
            raw = self.file.read_at(self._offsets[number], self._sizes[number])
            found = read_answer(decoded(raw.decode(), self.file.name), self.file.name)
        except (UsageError, ValueError) as error:
            raise NotRecorded(f"the recording can no longer be read: {error}") from None
        if found is None:
            raise NotRecorded(f"{self.file.name}: the recording is not what it was")
        return found

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    def _read(self) -> None:
        layout = layout_of(self.file)
        self._held: list[RecordedAnswer] | None = None if layout is Layout.LINES else []
        self._offsets, self._sizes = array("Q"), array("Q")
        self._models: dict[str, Places] = defaultdict(lambda: defaultdict(list))
        self._names: dict[str, set[str]] = defaultdict(set)
        ranks = array("q"), array("q")
        failed = count = 0
        for row in rows_of(self.file, layout):
            answer = read_answer(row.value, row.where)
            if answer is None:
                failed += 1
                continue
            identity = answer.names[0] if answer.names else _NAMELESS
            self._models[identity][prompt_key(answer.prompt, answer.system)].append(count)
            for name in answer.names[1:]:
                self._names[name].add(identity)
            for rank, value in zip(ranks, answer.rank, strict=True):
                rank.append(value)
            if self._held is None:
                self._offsets.append(row.offset)
                self._sizes.append(row.size)
            else:
                self._held.append(answer)
            count += 1
        if not count:
            why = f"all {failed} of its records are failures" if failed else "it holds no record"
            raise UsageError(f"{self.file.name}: there is no recorded answer in it: {why}")
        for places in self._models.values():
            for numbers in places.values():
                numbers.sort(key=lambda number: (ranks[0][number], ranks[1][number]))

    def _no_model(self, wanted: str, named: Sequence[str]) -> str:
        if not named:
            return (
                f"{self.file.name}: its answers name no model; leave out the # and {quoted(wanted)}"
            )
        # Of a file's own making: comparing many long names would take for ever.
        likely = [name for name in (*named, *self._names) if len(name) <= _LONGEST_HINT]
        close = difflib.get_close_matches(wanted, likely[:_MOST_HINTS], n=3, cutoff=0.5)
        hint = (
            f"did you mean {' or '.join(map(quoted, close))}?"
            if close
            else f"there are {listed(named)}"
        )
        return f"{self.file.name}: no answer of a model {quoted(wanted)}; {hint}"


def prompt_key(prompt: str, system: str | None) -> bytes:
    """What an answer is found by: the text of the prompt and, if it has one, the system message."""
    key = hashlib.blake2b(digest_size=_KEY_BYTES)
    if system is not None:
        # Its length keeps apart where the one ends and the other begins.
        key.update(f"{len(system)}:{system}:".encode("utf-8", "surrogatepass"))
        key.update(b"\xff")
    key.update(prompt.encode("utf-8", "surrogatepass"))
    return key.digest()
