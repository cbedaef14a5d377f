"""A LangChain callback that measures what a model's calls take and cost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, Self
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, LLMResult

from modelforge.core.errors import ModelForgeError
from modelforge.core.ports import Clock
from modelforge.pricing.charge import charge_reported
from modelforge.pricing.tariff import NoTariff, Tariff, Terms
from modelforge.telemetry.metrics import TelemetryMetrics
from modelforge.telemetry.reported_usage import reported_usage
from modelforge.telemetry.tally import Tally

Prices = Terms | Callable[[str, str], Terms]
"""The terms, or who knows them: called with the provider's and the model's name."""

_GIVEN_UP: Final = (GeneratorExit, asyncio.CancelledError, KeyboardInterrupt)
_NOT_TOLD: Final = NoTariff(reason="no price known: give TelemetryCallback prices=")


class TelemetryCallback(BaseCallbackHandler):
    """Hand it to any LangChain model; ``metrics`` is what its calls took so far.

    Works with models of every integration, called synchronously or not, streaming or not, many at
    once and from many threads.

    Args:
        provider: whose model it is.
        model: the provider's name for it.
        prices: its rates, or a function that finds them. Without, there is no cost; a model from
            ``ModelForgeRegistry.get_llm`` brings the configured ones.
        clock: a monotonic clock in seconds.
    """

    run_inline = True  # in the event loop itself: a thread's turn would be counted as the model's

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        prices: Prices | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        super().__init__()
        self.provider = provider
        self.model = model
        self._prices = prices
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[UUID, _Call] = {}
        self._tally = Tally()
        self._last: _Call | None = None

    def __deepcopy__(self, _: object) -> Self:
        """Itself: the copy of a model goes on telling whoever holds this."""
        return self

    @property
    def metrics(self) -> TelemetryMetrics:
        """All that has ended until now."""
        with self._lock:
            cost, note = self._tally.cost()
            return TelemetryMetrics(
                calls=self._tally.calls,
                failed_calls=self._tally.failed,
                token_usage=self._tally.token_usage(),
                first_token_s=self._last.first_token_s if self._last else None,
                duration_s=self._last.duration_s if self._last else None,
                estimated_cost=cost,
                cost_note=note,
                error=self._last.error if self._last else None,
            )

    def price_with(self, prices: Prices) -> None:
        """Use ``prices`` from now on, unless some were given."""
        if self._prices is None:
            self._prices = prices

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],  # noqa: ARG002 (LangChain's signature)
        messages: list[list[BaseMessage]],  # noqa: ARG002 (LangChain's signature)
        *,
        run_id: UUID,
        **_: Any,
    ) -> None:
        """A call begins."""
        self._begin(run_id)

    def on_llm_start(
        self,
        serialized: dict[str, Any],  # noqa: ARG002 (LangChain's signature)
        prompts: list[str],  # noqa: ARG002 (LangChain's signature)
        *,
        run_id: UUID,
        **_: Any,
    ) -> None:
        """A call of a model for plain text begins."""
        self._begin(run_id)

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, run_id: UUID, **_: Any) -> None:
        """More of an answer arrived."""
        if token or _brings_something(chunk):
            self._first_token(run_id)

    def on_stream_event(self, event: Any, *, run_id: UUID, **_: Any) -> None:
        """More of an answer arrived, in the protocol of ``stream_events``."""
        if event.get("event") == "content-block-delta":
            self._first_token(run_id)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """A call was answered."""
        now_s = self._clock()
        usage = reported_usage(response)
        charged = charge_reported(usage, self._rates())
        with self._lock:
            self._end(run_id, now_s)
            self._tally.add(usage, charged)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """A call failed or was given up."""
        now_s = self._clock()
        with self._lock:
            self._end(run_id, now_s).error = _named(error)
            self._tally.failed += 1

    def _begin(self, run_id: UUID) -> None:
        call = _Call(self._clock())
        with self._lock:
            self._calls[run_id] = call

    def _first_token(self, run_id: UUID) -> None:
        call = self._calls.get(run_id)
        if call is not None and call.first_token_s is None:
            call.first_token_s = self._clock() - call.began_s

    def _end(self, run_id: UUID, now_s: float) -> _Call:
        call = self._calls.pop(run_id, None) or _Call(now_s)
        call.duration_s = now_s - call.began_s
        self._last = call
        return call

    def _rates(self) -> Terms:
        prices = self._prices
        if prices is None or isinstance(prices, Tariff | NoTariff):
            return prices or _NOT_TOLD
        try:
            return prices(self.provider, self.model)
        except Exception as error:  # noqa: BLE001 (a stranger's function; the call still counts)
            return NoTariff(reason=f"its price could not be looked up: {_named(error)}")


def price_calls(callbacks: Iterable[BaseCallbackHandler], prices: Prices) -> None:
    """Give ``prices`` to those of ``callbacks`` that measure cost and have none."""
    for callback in callbacks:
        if isinstance(callback, TelemetryCallback):
            callback.price_with(prices)


class _Call:
    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.first_token_s: float | None = None
        self.duration_s: float | None = None
        self.error: str | None = None


def _brings_something(chunk: Any) -> bool:
    """Whether a chunk without text holds reasoning, a refusal or a tool call."""
    if not isinstance(chunk, ChatGenerationChunk) or not isinstance(chunk.message, AIMessageChunk):
        return False
    return bool(chunk.message.tool_call_chunks or chunk.message.additional_kwargs)


def _named(error: BaseException) -> str:
    if isinstance(error, _GIVEN_UP):
        return "interrupted: stopped before the answer was complete"
    kind = error.kind if isinstance(error, ModelForgeError) else type(error).__name__
    return f"{kind}: {error}"
