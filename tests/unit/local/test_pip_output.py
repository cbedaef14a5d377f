"""Reading what pip says. The outputs are pip 26.3's own, shortened."""

from __future__ import annotations

import pytest

from modelforge.local.pip_output import failure_in, progress_in, without_credentials

NOT_FOUND = """\
Looking in indexes: http://bob:****@127.0.0.1:46173/simple
Collecting tiny-model==1.0 (from -r /tmp/r.txt (line 1))
  ERROR: HTTP error 404 while getting http://bob:pw@127.0.0.1/f/tiny.whl (from http://127.0.0.1/s/)
ERROR: Could not install requirement tiny-model==1.0 from http://127.0.0.1/f/tiny.whl
"""

SERVER_ERRORS = """\
ERROR: Exception:
pip._vendor.urllib3.exceptions.ResponseError: too many 503 error responses

Traceback (most recent call last):
  File "adapters.py", line 720, in send
    raise RetryError(e, request=request)
pip._vendor.requests.exceptions.RetryError: too many 503 error responses

"""

UNREACHABLE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError("refused")': /s/
ERROR: Could not find a version that satisfies the requirement tiny (from versions: none)
ERROR: No matching distribution found for tiny-model==1.0
"""

BAD_CERTIFICATE = """\
Could not fetch URL https://127.0.0.1/simple/: There was a problem confirming the ssl certificate
ERROR: Could not find a version that satisfies the requirement tiny (from versions: none)
"""

UNKNOWN_THERE = """\
Looking in indexes: http://127.0.0.1:46173/nothing
ERROR: Could not find a version that satisfies the requirement tiny (from versions: none)
ERROR: No matching distribution found for tiny-model==1.0
"""

WRONG_HASH = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated …
    tiny-model==1.0 from http://127.0.0.1/tiny_model-1.0-py3-none-any.whl (from -r r.txt (line 1)):
        Expected sha256 0000
             Got        2ef5
"""

CUT = """\
  WARNING: Connection interrupted while downloading.
error: incomplete-download

\N{MULTIPLICATION SIGN} Download failed after 6 attempts because not enough bytes were received
╰─> URL: http://127.0.0.1:46173/f/tiny_model-1.0-py3-none-any.whl

note: This is an issue with network connectivity, not pip.
"""


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (NOT_FOUND, "HTTP error 404 while getting http://***@127.0.0.1/f/tiny.whl"),
        (
            SERVER_ERRORS,
            "pip._vendor.requests.exceptions.RetryError: too many 503 error responses",
        ),
        (UNREACHABLE, 'NewConnectionError("refused")'),
        (
            BAD_CERTIFICATE,
            "https://127.0.0.1/simple/: There was a problem confirming the ssl certificate",
        ),
        (
            UNKNOWN_THERE,
            "Could not find a version that satisfies the requirement tiny (from versions: none)",
        ),
        (WRONG_HASH, "the wheel offered is not the one expected: its SHA-256 is 2ef5"),
        (CUT, "Download failed after 6 attempts because not enough bytes were received"),
        ("", "pip said nothing"),
    ],
)
def test_the_reason_is_one_telling_line(output: str, reason: str) -> None:
    assert failure_in(output) == reason


def test_only_progress_lines_tell_progress() -> None:
    assert progress_in("Progress 262144 of 2000676\n") == 262144
    assert progress_in("Saved /tmp/Progress 1 of 2\n") is None


def test_credentials_are_masked_wherever_they_stand() -> None:
    text = "at https://u:p@host/simple and https://token@other:8080/x but not https://host/a@b"
    assert without_credentials(text) == (
        "at https://***@host/simple and https://***@other:8080/x but not https://host/a@b"
    )
