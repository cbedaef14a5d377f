"""What pip's own words say about a download."""

from __future__ import annotations

import re

_PROGRESS = re.compile(r"\s*Progress (\d+) of \d+\s*")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_WHERE_ASKED = re.compile(r" \((?:from -r|from https?:|from file:)[^()]*(?:\(line \d+\))?\)")
_HASHES_DIFFER = "DO NOT MATCH THE HASHES"
_HASH_GOT = re.compile(r"^\s*Got\s+(\S+)", re.MULTILINE)
_DIAGNOSIS = re.compile(r"^\s*\N{MULTIPLICATION SIGN} (.+)$", re.MULTILINE)
_ERROR = re.compile(r"^\s*ERROR: (?!Exception:)(.+)$", re.MULTILINE)
_NOT_FOUND = "Could not find a version"
_INDEX_FAILED = re.compile(
    r"after connection broken by '(.+)': |^Could not fetch URL (.+)$|^WARNING: (The repository.+)$",
    re.MULTILINE,
)


def progress_in(line: str) -> int | None:
    """Return the bytes fetched so far that a line of pip's raw progress bar tells, if it is one."""
    found = _PROGRESS.fullmatch(line)
    return int(found[1]) if found else None


def without_credentials(text: str) -> str:
    """Return ``text`` with the user and password of each URL in it masked."""
    return _CREDENTIALS.sub("***@", text)


def failure_in(output: str) -> str:
    """Return the line of a failed pip's output that says most about why, on one line.

    pip tells an index that cannot be reached only in a warning, and then claims that there is no
    such package; a wrong hash stands in an indented table; some errors begin with a cross, and a
    traceback ends with its cause.
    """
    return without_credentials(_WHERE_ASKED.sub("", _most_telling(output))).strip()


def _most_telling(output: str) -> str:
    if _HASHES_DIFFER in output:
        got = _HASH_GOT.search(output)
        return f"the wheel offered is not the one expected: its SHA-256 is {got[1] if got else '?'}"
    diagnosis = _DIAGNOSIS.search(output)
    if diagnosis:
        return diagnosis[1]
    error = _ERROR.search(output)
    if error and error[1].startswith(_NOT_FOUND):
        unreachable = _INDEX_FAILED.search(output)
        if unreachable:
            return next(group for group in unreachable.groups() if group)
    if error:
        return error[1]
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "pip said nothing"
