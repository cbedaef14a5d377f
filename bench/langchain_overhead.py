"""What one streamed answer costs through ``get_llm``, beside LangChain's own OpenAI integration.

    modelforge sim serve                                        # an answer in one write
    modelforge sim serve --profile steady --ttft 0ms --itl 1ms  # a token in each
    python -m bench.langchain_overhead --base-url http://127.0.0.1:9100/v1 --model fast

Needs ``langchain-openai`` and an OpenAI-compatible server (``--model steady`` for the second). Both
clients stream the same answers from it in this one process, in turns, chunk by chunk, synchronously
or with ``--asynchronous``; the CPU time is that of the whole process, threads included. A server
that sends every token on its own measures mostly what it costs to wake up for one.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import statistics
import time
from collections.abc import Callable

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_openai import ChatOpenAI

from modelforge import ModelForgeRegistry

TOKENS = 128
TARGET = 1 / 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--model", default="fast")
    parser.add_argument("--asynchronous", action="store_true", help="astream, not stream")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--answers", type=int, default=20, help="answers a round and client")
    parser.add_argument("--profile", action="store_true", help="show where our CPU time goes")
    arguments = parser.parse_args()
    os.environ["MODELFORGE_PROVIDERS__TARGET__BASE_URL"] = arguments.base_url
    registry = ModelForgeRegistry()
    ours = registry.get_llm("target", arguments.model, max_tokens=TOKENS)
    theirs = ChatOpenAI(
        model=arguments.model,
        base_url=arguments.base_url,
        api_key=lambda: "none",
        max_completion_tokens=TOKENS,
        stream_usage=True,
    )
    with asyncio.Runner() as runner:

        def measure(client: BaseChatModel, answers: int) -> float:
            if arguments.asynchronous:
                return runner.run(measure_asynchronous(client, answers))
            return measure_synchronous(client, answers)

        measure(ours, 1)  # connections, imports
        measure(theirs, 1)
        if arguments.profile:
            profile(lambda: measure(ours, arguments.answers))
            return
        our_ms, their_ms = [], []
        for _ in range(arguments.rounds):
            our_ms.append(measure(ours, arguments.answers))
            their_ms.append(measure(theirs, arguments.answers))
    ratio = statistics.median(a / b for a, b in zip(our_ms, their_ms, strict=True))
    print(
        f"CPU of one streamed {TOKENS}-token answer, median of {arguments.rounds} rounds: "
        f"get_llm {statistics.median(our_ms):.2f} ms, ChatOpenAI {statistics.median(their_ms):.2f}"
        f" ms; ratio {ratio:.3f} (target {TARGET:.3f}: {'met' if ratio <= TARGET else 'MISSED'})"
    )


def measure_synchronous(client: BaseChatModel, answers: int) -> float:
    """CPU milliseconds of an answer."""
    began_s = time.process_time()
    for _ in range(answers):
        check(list(client.stream("Why?")))
    return (time.process_time() - began_s) / answers * 1000


async def measure_asynchronous(client: BaseChatModel, answers: int) -> float:
    """The same through ``astream``."""
    began_s = time.process_time()
    for _ in range(answers):
        check([chunk async for chunk in client.astream("Why?")])
    return (time.process_time() - began_s) / answers * 1000


def check(chunks: list[AIMessageChunk]) -> None:
    usage = next(chunk.usage_metadata for chunk in reversed(chunks) if chunk.usage_metadata)
    assert usage["output_tokens"] == TOKENS
    assert sum(1 for chunk in chunks if chunk.text) == TOKENS


def profile(work: Callable[[], object]) -> None:
    with cProfile.Profile(time.thread_time) as profiled:
        work()
    pstats.Stats(profiled).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
