"""Everything that can go wrong, named.

::

    ModelForgeError                     exit 1
    ├── UsageError                      exit 2   the command or its input must change
    │   ├── InvalidModelId
    │   ├── UnknownProvider
    │   ├── MissingKey
    │   ├── ConfigError
    │   ├── PromptError
    │   ├── UnknownLocalModel
    │   ├── WeightsMissing
    │   ├── MissingExtra
    │   ├── NotARecording
    │   ├── ScenarioError
    │   ├── UnbillableUsage
    │   └── UnusableSample               what statistics were asked of numbers that cannot give them
    │       ├── EmptySample
    │       ├── TooFewValues
    │       ├── NotFinite
    │       ├── LengthsDiffer
    │       ├── ConstantSample
    │       ├── OutOfRange
    │       └── DisconnectedModels
    ├── RequestError                    exit 1   one request failed; the others stand
    │   ├── ConnectionFailed
    │   ├── TimedOut
    │   ├── AuthenticationFailed
    │   ├── RateLimited
    │   ├── RequestRefused
    │   ├── ServerFailed
    │   ├── MalformedResponse
    │   ├── StreamCut
    │   ├── EmptyResponse
    │   ├── ResponseTooLarge
    │   ├── LocalServerFailed
    │   ├── NotRecorded
    │   ├── CannotBegin
    │   └── Interrupted              exit 130 (143: by SIGTERM)
    └── DownloadFailed                  exit 1

A message is one line: what failed, with which value, and what to do next. ``kind`` is the class's
stable name in records and exports.
"""

from __future__ import annotations

import re


class ModelForgeError(Exception):
    """The root of all errors ModelForge raises on purpose."""

    exit_code = 1
    kind = "error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class UsageError(ModelForgeError):
    """The command, its files or its configuration must change before anything can be sent."""

    exit_code = 2


class InvalidModelId(UsageError):
    """A model was not written ``provider/model``."""


class UnknownProvider(UsageError):
    """No provider of that name is built in or configured."""


class MissingKey(UsageError):
    """The provider needs an API key and its environment variable is not set."""


class ConfigError(UsageError):
    """The configuration cannot be read or does not hold together."""


class PromptError(UsageError):
    """A prompt file, a row of it or a template cannot be used."""


class UnknownLocalModel(UsageError):
    """No local model of that name is known and no such file exists."""


class WeightsMissing(UsageError):
    """A known local model has not been fetched yet."""


class MissingExtra(UsageError):
    """An optional part of ModelForge is not installed."""


class UnbillableUsage(UsageError):
    """Token counts that no request can have, or none at all: nothing can be priced by them."""


class UnusableSample(UsageError):
    """The numbers cannot give the statistic that was asked of them."""


class EmptySample(UnusableSample):
    """There is not one value."""


class TooFewValues(UnusableSample):
    """There are values, and fewer than the method needs."""


class NotFinite(UnusableSample):
    """A value is missing (NaN), infinite, or no number at all."""


class LengthsDiffer(UnusableSample):
    """Values that belong together are not equally many."""


class ConstantSample(UnusableSample):
    """Every value is the same, and the statistic is about how they differ."""


class OutOfRange(UnusableSample):
    """A value or a setting lies where it has no meaning: a share above 1, a level of 95."""


class DisconnectedModels(UnusableSample):
    """No chain of comparisons joins all models, so they have no common scale."""


class NotARecording(UsageError):
    """What was read is not the recording of a benchmark."""


class ScenarioError(UsageError):
    """A scenario of a cost plan, or a file of it, cannot be used."""


class RequestError(ModelForgeError):
    """One request failed. Others are untouched.

    Attributes:
        retryable: the same request may succeed later.
        retry_after_s: the server asked to leave it alone for so long; None when it did not.
    """

    retryable = False

    def __init__(
        self,
        message: str = "",
        *,
        retryable: bool | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """``retryable`` is as the class says, unless this failure is known better."""
        super().__init__(message)
        if retryable is not None:
            self.retryable = retryable
        self.retry_after_s = retry_after_s


class ConnectionFailed(RequestError):
    """The server could not be reached, or dropped the connection before it answered.

    Attributes:
        dropped: there was a connection: the server may have the request, and work on it.
        own_limit: it was never tried: this machine had no file or port left for it.
    """

    retryable = True

    def __init__(
        self,
        message: str = "",
        *,
        retryable: bool | None = None,
        dropped: bool = False,
        own_limit: bool = False,
    ) -> None:
        super().__init__(message, retryable=retryable)
        self.dropped = dropped
        self.own_limit = own_limit


class TimedOut(RequestError):
    """No complete answer within the time allowed."""


class AuthenticationFailed(RequestError):
    """The server refused the credentials (401, 403)."""


class RateLimited(RequestError):
    """The server asked to slow down (429)."""

    retryable = True


class RequestRefused(RequestError):
    """The server refused the request itself (another 4xx, or a redirect)."""


class ServerFailed(RequestError):
    """The server failed (5xx), or reported an error in the middle of its answer."""

    retryable = True


class MalformedResponse(RequestError):
    """What the server sent is not an answer in the protocol it was asked in."""


class StreamCut(RequestError):
    """The stream ended before the answer did."""


class EmptyResponse(RequestError):
    """The server answered without an answer."""


class ResponseTooLarge(RequestError):
    """The answer passed the size limit and was abandoned."""


class LocalServerFailed(RequestError):
    """The local model's server did not start, or died."""


class NotRecorded(RequestError):
    """A replay has no answer to what it was asked. Nothing was sent."""


class CannotBegin(RequestError):
    """No worker of a benchmark could ask the first request."""


class Interrupted(RequestError):
    """The run was stopped before this answer was complete."""

    exit_code = 130


class DownloadFailed(ModelForgeError):
    """Weights could not be fetched, or were not the ones expected."""
