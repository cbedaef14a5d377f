"""Files of every layout, and everything that can be wrong with one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelforge.core.errors import InvalidModelId, NotRecorded, UsageError
from modelforge.core.events import Arrival, Finish, ReasoningDelta, TextDelta, UsageReport
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.replay.address import RecordingAddress, recorded_files
from modelforge.replay.model import ReplayModel
from modelforge.replay.recording import Recording
from modelforge.replay.recordings import Recordings

EXPORTED = {
    "model_id": "openai/gpt-4o",
    "provider": "openai",
    "model": "gpt-4o",
    "prompt_index": 0,
    "repeat": 0,
    "prompt_tokens": 5,
    "completion_tokens": 7,
    "cached_tokens": 1,
    "reasoning_tokens": None,
    "finish_reason": "length",
    "error": None,
    "error_kind": None,
    "prompt": "hi",
    "response": "hello",
    "reasoning": "well",
}


OPEN: list[Recording] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def _opened(recording: Recording) -> Recording:
    OPEN.append(recording)
    return recording


def _file(folder: Path, text: str | bytes, name: str = "r.jsonl") -> str:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def _lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _model(path: str, model: str | None = None) -> ReplayModel:
    id_ = ModelId(provider="replay", model=path)
    return ReplayModel(id=id_, recording=_opened(Recording(path)), model=model)


async def _arrival(model: ReplayModel, prompt: str = "hi", system: str | None = None) -> Arrival:
    asked = Prompt.of(prompt, system=system)
    (arrival,) = [found async for found in model.stream(asked, Generation())]
    return arrival


async def _text(model: ReplayModel, prompt: str = "hi", system: str | None = None) -> str:
    events = (await _arrival(model, prompt, system)).events
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def _refusal(path: str, model: str | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        _model(path, model)
    message = str(refused.value)
    assert message.isprintable()
    return message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", _lines(EXPORTED)),
        ("a.json", json.dumps({"schema": "x", "results": [EXPORTED], "summary": []})),
        ("a.json", json.dumps({"schema": "x", "results": [EXPORTED]}, indent=2)),
        ("a.json", json.dumps([EXPORTED], indent=1)),
        ("a", "\n" + _lines(EXPORTED)),
        ("a.jsonl", "\ufeff" + _lines({"prompt": "é", "response": "è"}, EXPORTED)),
    ],
)
async def test_an_export_gives_back_what_it_recorded(tmp_path: Path, name: str, text: str) -> None:
    model = _model(_file(tmp_path, text, name), "openai/gpt-4o")
    arrival = await _arrival(model)
    assert arrival.at_s is None
    assert arrival.whole
    assert arrival.events == (
        ReasoningDelta(text="well"),
        TextDelta(text="hello"),
        UsageReport(usage=Usage(prompt_tokens=5, completion_tokens=7, cached_tokens=1)),
        Finish(reason="length"),
    )
    assert model.recorded_id == ModelId(provider="openai", model="gpt-4o")
    assert model.redact("same") == "same"


@pytest.mark.parametrize("asked", ["prompt", "question", "instruction"])
@pytest.mark.parametrize("answered", ["response", "output", "answer", "completion"])
async def test_the_fields_of_foreign_files(tmp_path: Path, asked: str, answered: str) -> None:
    model = _model(_file(tmp_path, _lines({asked: "hi", answered: "yes"})))
    assert await _text(model) == "yes"
    assert model.recorded_id is None


async def test_an_empty_answer_is_an_answer(tmp_path: Path) -> None:
    assert await _text(_model(_file(tmp_path, _lines({"prompt": "hi", "output": ""})))) == ""


async def test_failures_are_no_answers(tmp_path: Path) -> None:
    failed = {**EXPORTED, "error": "late", "error_kind": "timed_out", "response": "hel"}
    assert await _text(_model(_file(tmp_path, _lines(failed, EXPORTED)))) == "hello"
    assert "all 1 of its records are failures" in _refusal(_file(tmp_path, _lines(failed)))


async def test_repeats_come_in_their_order_and_begin_again(tmp_path: Path) -> None:
    rows = [{**EXPORTED, "repeat": number, "response": str(number)} for number in (2, 0, 1)]
    path = _file(tmp_path, _lines(*rows))
    model = _model(path)
    assert [await _text(model) for _ in range(5)] == ["0", "1", "2", "0", "1"]
    assert await _text(_model(path)) == "0"


async def test_a_prompt_that_was_not_recorded(tmp_path: Path) -> None:
    model = _model(_file(tmp_path, _lines(EXPORTED)))
    for prompt in ("Hi", "hi ", "\ud800"):
        with pytest.raises(NotRecorded, match="was recorded") as missing:
            await _text(model, prompt)
        assert str(missing.value).isprintable()


async def test_the_system_message_counts_where_it_was_recorded(tmp_path: Path) -> None:
    model = _model(
        _file(
            tmp_path,
            _lines(
                {"prompt": "hi", "output": "arr", "system": "a pirate"},
                {"prompt": "ho", "output": "any"},
            ),
        )
    )
    assert await _text(model, system="a pirate") == "arr"
    assert await _text(model, "ho", system="whoever") == "any"
    for system in (None, "a monk"):
        with pytest.raises(NotRecorded):
            await _text(model, system=system)


async def test_a_model_is_chosen_by_any_of_its_names(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        _lines(
            EXPORTED,
            {**EXPORTED, "model_id": "azure/gpt-4o", "response": "azure"},
            {"prompt": "hi", "output": "third", "generator": "c#3"},
        ),
    )
    assert await _text(_model(path, "azure/gpt-4o")) == "azure"
    assert await _text(_model(path, "c#3")) == "third"
    assert "'gpt-4o' are 2 models; choose one: 'azure/gpt-4o', 'openai/gpt-4o'" in _refusal(
        path, "gpt-4o"
    )
    assert "holds the answers of 3 models; add # and the name" in _refusal(path)
    assert "did you mean 'azure/gpt-4o' or " in _refusal(path, "azur/gpt-4o")
    nameless = _file(tmp_path, _lines({"prompt": "hi", "output": "yes"}), "n.jsonl")
    assert "its answers name no model" in _refusal(nameless, "x")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "", "it is empty"),
        ("a.json", " \n ", "it is empty"),
        ("a.json", "[]", "it holds no record"),
        ("a.json", "[1]", "line 1: a recorded answer is an object, not a number"),
        ("a.json", '[{"prompt": "hi"}]', "no field with the answer"),
        ("a.json", "{}", "no field with the prompt"),
        ("a.json", '{\n "a": 1\n}', "an object without a list 'results'"),
        ("a.json", '{\n "a": 1,\n', "line 2, column 9: not JSON"),
        ("a.json", '{"results": [{"x": 1}]}', "result 1: no field with the prompt"),
        ("a.json", '[{"prompt": "hi", "output": "a"}', "not JSON"),
        ("a.jsonl", '{"prompt": "hi", "output": "a"}\n{"prompt"\n', "line 2: not JSON"),
        ("a.jsonl", "hello\n", "line 1: not JSON"),
        ("a.jsonl", '{"prompt": 1, "output": "a"}', "field 'prompt' is a number, not text"),
        ("a.jsonl", '{"prompt": "hi", "output": ["a"]}', "field 'output' is a list, not text"),
        ("a.jsonl", '{"prompt": "hi", "output": "\\ud800"}', "character 0 is U+D800"),
        ("a.jsonl", '{"prompt": "a", "prompt": "b"}', "the field 'prompt' twice"),
        (
            "a.jsonl",
            '{"prompt": "a", "output": "b", "prompt_tokens": -1}',
            "field 'prompt_tokens' is below 0, not a count of tokens",
        ),
        ("a.jsonl", b'{"prompt": "\xff"}', "not UTF-8 text: byte 12"),
        ("a.jsonl", '{"prompt": "hi"}'.encode("utf-16"), "not UTF-8 text"),
        ("a.jsonl", '{"a":' * 100_000, "line 1: nested too deep"),
        ("a.json", "[" * 100_000, "nested too deep"),
        ("a.json", '{\n"a":' + "[" * 100_000, "nested too deep"),
        ("a.jsonl", '{"prompt": "' + "x" * 2**24 + '"}', "longer than 16777216 bytes"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    message = _refusal(_file(tmp_path, content, name))
    assert message.startswith(str(tmp_path / name))
    assert said in message


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    assert _refusal(str(tmp_path / "no.json")).endswith("no.json: no such file")
    assert _refusal(str(tmp_path)).endswith("a directory, not a file")
    assert "cannot be read" in _refusal("a\0b")


async def test_a_file_that_changes_is_no_longer_an_answer(tmp_path: Path) -> None:
    path = _file(tmp_path, _lines(EXPORTED))
    model = _model(path)
    _file(tmp_path, _lines(EXPORTED, EXPORTED))
    with pytest.raises(NotRecorded, match="changed while it was being read"):
        await _text(model)


async def test_a_file_is_opened_once_and_again_when_it_is_another(tmp_path: Path) -> None:
    rows = [{**EXPORTED, "model_id": name, "response": name} for name in ("a", "b")]
    path = _file(tmp_path, _lines(*rows))
    recordings = Recordings()
    ids = [ModelId(provider="replay", model=f"{path}#{name}") for name in ("a", "b")]
    first, second = (recordings.model(id_) for id_ in ids)
    assert first._recording is second._recording
    assert (await _text(first), await _text(second)) == ("a", "b")
    _file(tmp_path, _lines({**EXPORTED, "model_id": "a", "response": "anew"}))
    assert await _text(recordings.model(ids[0])) == "anew"
    recordings.close()
    recordings.close()
    with pytest.raises(NotRecorded):
        await _text(first)


def test_a_name_is_a_file_and_perhaps_a_model(tmp_path: Path) -> None:
    sharp = _file(tmp_path, "x", "a#b.json")
    for name, file, model in (
        ("no.json", "no.json", None),
        ("no.json#m/n#o", "no.json", "m/n#o"),
        ("no.json#", "no.json", None),
        (sharp, sharp, None),
        (f"{sharp}#m#n", sharp, "m#n"),
        ("~/no.json#m", str(Path("~/no.json").expanduser()), "m"),
    ):
        assert RecordingAddress.parse(name) == RecordingAddress(file=file, model=model)
    ids = [ModelId.parse("replay/no.json#m"), ModelId.parse("openai/x")]
    assert recorded_files(ids) == [Path("no.json")]


def test_a_name_without_a_file_says_so() -> None:
    with pytest.raises(InvalidModelId, match=r"'replay/#m' names no file: write replay/FILE#MODEL"):
        RecordingAddress.parse("#m")


def test_only_an_index_of_json_lines_is_held(tmp_path: Path) -> None:
    row = {"prompt": "", "output": "x" * 10_000}
    path = _file(tmp_path, _lines(*({**row, "prompt": str(number)} for number in range(200))))
    recording = _opened(Recording(path))
    assert recording._held is None
    assert recording.answer(199).prompt == "199"
