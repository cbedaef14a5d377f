"""Whole HTTP answers of OpenAI's protocol, as servers send them and as no server should."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

Event = bytes
Json = dict[str, Any]

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
END = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


def event(document: Json, *, ascii_only: bool = False) -> Event:
    """A document as one event, written as compactly as servers do."""
    text = json.dumps(document, ensure_ascii=ascii_only, separators=(",", ":"))
    return b"data: " + text.encode("utf-8", "surrogatepass") + b"\n\n"


def _vllm(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(delta: Json, **fields: Any) -> Event:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return event({**head, "choices": [choice | fields]}, ascii_only=ascii_only)

    return [
        one({"role": "assistant", "content": ""}),
        *(one({"content": text}) for text in texts),
        one({"content": ""}, finish_reason="stop", stop_reason=None),
        event({"id": "chatcmpl-1", "choices": [], "usage": USAGE}),
        DONE,
    ]


def _llama_cpp(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(delta: Json, reason: str | None = None, **fields: Any) -> Event:
        choices = [{"finish_reason": reason, "index": 0, "delta": delta}]
        tail = {"created": 1, "id": "chatcmpl-1", "model": "m", "system_fingerprint": "b1"}
        chunk = {"choices": choices, **tail, "object": "chat.completion.chunk", **fields}
        return event(chunk, ascii_only=ascii_only)

    return [
        one({"role": "assistant", "content": None}),
        *(one({"content": text}) for text in texts),
        one({}, "length"),
        event({"choices": [], "usage": USAGE, "timings": {"predicted_n": 5, "predicted_ms": 1.5}}),
        DONE,
    ]


def _sglang(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(delta: Json, reason: str | None = None) -> Event:
        delta = {"role": None, "content": None, "reasoning_content": None} | delta
        choice = {"index": 0, "delta": {**delta, "tool_calls": None}, "logprobs": None}
        choice |= {"finish_reason": reason, "matched_stop": None}
        return event({"id": "1", "choices": [choice], "usage": None}, ascii_only=ascii_only)

    return [
        one({"role": "assistant", "content": ""}),
        *(one({"content": text}) for text in texts),
        one({}, "stop"),
        event({"id": "1", "choices": [], "usage": USAGE}),
        DONE,
    ]


def _openai(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(delta: Json, reason: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "g"}
        tier = {"service_tier": "default", "system_fingerprint": "fp_1"}
        chunk = {**head, **tier, "choices": [choice], "usage": None}
        return event(chunk, ascii_only=ascii_only)

    return [
        one({"role": "assistant", "content": "", "refusal": None}),
        *(one({"content": text}) for text in texts),
        one({}, "stop"),
        event({"id": "chatcmpl-1", "choices": [], "usage": USAGE}),
        DONE,
    ]


def _lm_studio(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(delta: Json, reason: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return event({"id": "1", "choices": [choice]}, ascii_only=ascii_only)

    spoken = (one({"role": "assistant", "content": text}) for text in texts)
    return [*spoken, one({}, "stop"), DONE]


def _openrouter(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(text: str, reason: str | None = None) -> Event:
        delta = {"role": "assistant", "content": text}
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        choice |= {"native_finish_reason": reason, "logprobs": None}
        return event({"id": "gen-1", "provider": "P", "choices": [choice]}, ascii_only=ascii_only)

    spoken = (one(text) for text in texts)
    last = event({"id": "gen-1", "choices": [], "usage": {**USAGE, "cost": 0.01}})
    return [b": OPENROUTER PROCESSING\n\n", *spoken, one("", "stop"), last, DONE]


def _obfuscated(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(at: int, text: str) -> Event:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        chunk = {"choices": [choice], "usage": None, "obfuscation": "xyz"[: at % 4]}
        return event(chunk, ascii_only=ascii_only)

    return [*(one(at, text) for at, text in enumerate(texts)), DONE]


def _usage_each_time(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(at: int, text: str) -> Event:
        usage = {"prompt_tokens": 7, "completion_tokens": at + 1, "total_tokens": 8 + at}
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        return event({"choices": [choice], "usage": usage}, ascii_only=ascii_only)

    return [*(one(at, text) for at, text in enumerate(texts)), DONE]


def _log_probabilities(texts: Sequence[str], *, ascii_only: bool) -> list[Event]:
    def one(text: str) -> Event:
        likely = {"content": [{"token": text, "logprob": -0.1, "bytes": None, "top_logprobs": []}]}
        choice = {"index": 0, "delta": {"content": text}, "logprobs": likely}
        return event({"choices": [choice]}, ascii_only=ascii_only)

    return [*map(one, texts), DONE]


Shape = Callable[..., list[Event]]

PLAIN: dict[str, Shape] = {
    "vllm": _vllm,
    "llama.cpp": _llama_cpp,
    "sglang": _sglang,
    "openai": _openai,
}
SHAPES: dict[str, Shape] = {
    **PLAIN,
    "lm studio": _lm_studio,
    "openrouter": _openrouter,
    "obfuscated": _obfuscated,
    "usage each time": _usage_each_time,
    "log probabilities": _log_probabilities,
}


def _delta(delta: Json, **fields: Any) -> Event:
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": None}], **fields})


def _call(index: int, arguments: str, **named: Any) -> Event:
    call = {"index": index, "function": {"arguments": arguments}, **named}
    return _delta({"tool_calls": [call]})


_CHOICES = [{"index": index, "delta": {"content": "other"}} for index in (1, 0, 2)]

STRANGERS: tuple[Event, ...] = (
    DONE,
    b": ping\n\n",
    b"\n\n",
    b"data:\n\n",
    b"data: \n\n",
    b"\xef\xbb\xbf" + _delta({"content": "marked"}),
    _delta({"reasoning_content": "hm"}),
    _delta({"reasoning": "hm", "content": "so"}),
    _delta({"content": "usual"}),
    _delta({"content": ""}),
    _delta({"content": None}),
    _delta({"content": 5}),
    _delta({"content": [{"type": "text", "text": "part"}]}),
    _delta({"refusal": "no"}),
    _delta({}),
    _call(0, "", id="call_1", name="f"),
    _call(0, '{"content":"x"}'),
    _delta({"function_call": {"name": "f", "arguments": "{}"}}),
    event({"choices": _CHOICES}),
    event({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
    event({"choices": [], "usage": {"completion_tokens": 10**30}}),
    event({"error": {"message": "overloaded"}}),
    event({"choices": "many"}),
    b"data: {not json\n\n",
    b"event: error\ndata: {}\n\n",
    b"event: error\n" + _delta({"content": "x"}),
    _delta({"content": "crlf"}).replace(b"\n", b"\r\n"),
    _delta({"content": "cr"}).replace(b"\n", b"\r"),
    _delta({"content": "spaced"}).replace(b":", b" : ").replace(b"data : ", b"data:  "),
    _delta({"content": "lines"}).replace(b',"', b',\ndata: "'),
    _delta({"content": "one newline"})[:-1],
    _delta({"content": "twice", "a": {"content": "nested"}}),
    b'data: {"choices":[{"delta":{"content":"a","content":"b"}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"\\ud800"}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"a\tb"}}]}\n\n',
    b"data: [1]\n\n",
)

SPECIAL = (
    *('"', "\\", '\\"', 'a"b', "\\\\", "\n", "\n\n", "\r\n", "\t", "\x00", "\x7f", "é", "☃"),
    *("😀", "\u2028", "\ufeff", '"content":"', '{"content":"x"}', "data: [DONE]", "data: x"),
    *(
        "0\r\n\r\n",
        "\r\n0\r\n\r\n",
        "\r\n5\r\nhello\r\n",
        '"},"logprobs":null',
        '"}}]}\n\n',
        "\\u0041",
    ),
)

texts = st.lists(
    st.one_of(st.sampled_from([" the", "a", "x" * 10, "", "word"]), st.sampled_from(SPECIAL)),
    min_size=1,
    max_size=9,
)

RAW: tuple[bytes, ...] = (
    *(b'"', b"\\", b"\n", b"\r", b"\x00", b"\xff", b"\xc3", b"\\ud800", b"\\u00e9", b"{", b"}"),
    *(b"0", b'"content":"', b"\n\n", b"\r\n0\r\n\r\n", b'","', b"\xed\xa0\x80", b" "),
)


@st.composite
def events(draw: st.DrawFn) -> list[Event]:
    """Those of one answer, perhaps with some that do not belong there."""
    shape = SHAPES[draw(st.sampled_from(sorted(SHAPES)))]
    told = shape(draw(texts), ascii_only=draw(st.booleans()))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        told.insert(draw(st.integers(0, len(told))), draw(st.sampled_from(STRANGERS)))
    match draw(st.integers(0, 11)):
        case 0:
            del told[draw(st.integers(0, len(told) - 1))]
        case 1:
            told.insert(draw(st.integers(0, len(told))), draw(st.sampled_from(told)))
        case 2:
            at, other = (draw(st.integers(0, len(told) - 1)) for _ in range(2))
            told[at], told[other] = told[other], told[at]
        case 3:
            at = draw(st.integers(0, len(told) - 1))
            told[at] = told[at].replace(b"\n", b"\r\n")
        case 4 | 5:
            at = draw(st.integers(0, len(told) - 1))
            place = draw(st.integers(0, len(told[at])))
            told[at] = told[at][:place] + draw(st.sampled_from(RAW)) + told[at][place:]
    return told


@st.composite
def chunks(draw: st.DrawFn) -> list[bytes]:
    """The data of a body's chunks: nearly always an event each."""
    told = draw(events())
    match draw(st.integers(0, 9)):
        case 0:
            at = draw(st.integers(0, len(told) - 1))
            told[at : at + 2] = [b"".join(told[at : at + 2])]
        case 1:
            at = draw(st.integers(0, len(told) - 1))
            place = draw(st.integers(1, max(1, len(told[at]) - 1)))
            told[at : at + 1] = [told[at][:place], told[at][place:]]
        case 2:
            told = [b"".join(told)]
    return [data for data in told if data]


def chunk(data: bytes, size: bytes = b"%x") -> bytes:
    """``data`` as a chunk."""
    return (size % len(data)) + b"\r\n" + data + b"\r\n"


@st.composite
def bodies(draw: st.DrawFn) -> list[bytes]:
    """The framed chunks of a body, and its end."""
    framed = [chunk(data) for data in draw(chunks())]
    ends = [END, END, END, END, END, b"00\r\n\r\n", b"0\r\nA: b\r\n\r\n", b"0;x\r\n\r\n", b""]
    framed.append(draw(st.sampled_from(ends)))
    at = draw(st.integers(0, len(framed) - 1))
    size, mark, rest = framed[at].partition(b"\r\n")
    match draw(st.integers(0, 19)):
        case 0:
            framed[at] = size.upper() + mark + rest
        case 1:
            framed[at] = b"0" + framed[at]
        case 2:
            framed[at] = size + b";name=value" + mark + rest
        case 3:
            lie = draw(st.sampled_from([b"-5", b"zz", b"", b"1", b"fffffff", b" 5", b"0x10", b"0"]))
            framed[at] = lie + mark + rest
        case 4:
            longer = int(size.partition(b";")[0] or b"0", 16) + draw(
                st.sampled_from([-3, -2, -1, 1, 2, 3])
            )
            framed[at] = b"%x" % max(0, longer) + mark + rest
        case 5:
            place = draw(st.integers(0, len(framed[at])))
            raw = draw(st.sampled_from(RAW))
            framed[at] = framed[at][:place] + raw + framed[at][place + 1 :]
        case 6:
            del framed[at]
        case 7:
            framed.insert(at, framed[at])
        case 8:
            framed = [size.upper() + b"\r\n" + rest for size, _, rest in map(_cut, framed)]
    return framed


def _cut(framed: bytes) -> tuple[bytes, bytes, bytes]:
    return framed.partition(b"\r\n")


HEADS = (
    HEAD,
    HEAD.replace(b"; charset=utf-8", b""),
    HEAD.title(),
    HEAD.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\nServer: x\r\n\r\n"),
    HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    HEAD.replace(b"\r\n\r\n", b"\r\nKeep-Alive: timeout=5\r\n\r\n"),
    HEAD.replace(b"HTTP/1.1", b"HTTP/1.0"),
    HEAD.replace(b"200 OK", b"500 No"),
    HEAD.replace(b"200 OK", b"200"),
    HEAD.replace(b"text/event-stream", b"text/plain"),
    HEAD.replace(b"chunked", b"gzip, chunked"),
    HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"),
    HEAD.replace(b"\r\n\r\n", b"\r\nContent-Type: application/json\r\n\r\n"),
    HEAD.replace(b"\r\n\r\n", b"\r\n folded: line\r\n\r\n"),
    HEAD.replace(b"\r\n\r\n", b"\r\nno colon\r\n\r\n"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD,
)


@st.composite
def answers(draw: st.DrawFn) -> list[bytes]:
    """The head and the framed chunks of one answer; joined they are what is on the wire."""
    often = st.just(HEAD)
    return [draw(st.one_of(often, often, st.sampled_from(HEADS))), *draw(bodies())]


@st.composite
def cut(draw: st.DrawFn, whole: list[bytes]) -> list[bytes]:
    """The pieces in which it arrives."""
    data = b"".join(whole)
    match draw(st.integers(0, 5)):
        case 0:
            return [data]
        case 1:
            return [whole[0] + b"".join(whole[1:2]), *whole[2:]]
        case 2:
            return [data[at : at + 1] for at in range(len(data))]
        case 3:
            head = len(whole[0])
            return [data[:head], *(data[at : at + 1] for at in range(head, len(data)))]
    places = draw(st.lists(st.integers(1, max(1, len(data) - 1)), max_size=8))
    if draw(st.booleans()):  # at the very end, where an end is easily overlooked
        places += [
            max(1, len(data) - back) for back in draw(st.lists(st.integers(1, 12), max_size=4))
        ]
    edges = [0, *sorted({place for place in places if place < len(data)}), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]
