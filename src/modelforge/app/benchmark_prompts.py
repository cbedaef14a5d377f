"""What files ask, as a benchmark's workload."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from modelforge.benchmark.conversation import Conversations
from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.scripts import read_scripts
from modelforge.benchmark.trace import TrafficTrace
from modelforge.benchmark.trace_text import read_trace
from modelforge.benchmark.weighted import Weighted
from modelforge.benchmark.workload import Workload
from modelforge.core.errors import UsageError

_MOST_PROMPTS: Final = 1_000_000


def one_prompt(
    text: str, *, max_tokens: int | None = None, ignore_eos: bool = False
) -> FixedPrompts:
    """A single prompt: a text, ``@path`` for a file's, ``-`` for standard input's.

    Raises:
        PromptError: it cannot be read.
    """
    return _fixed("the prompt", prompt=text, seed=0, max_tokens=max_tokens, ignore_eos=ignore_eos)


def prompt_files(
    named: Sequence[str],
    *,
    seed: int,
    max_tokens: int | None = None,
    ignore_eos: bool = False,
    **of_rows: str,
) -> Workload:
    """The prompts of one file, or of several ``FILE=WEIGHT``; a weight that is not given is 1.

    ``of_rows`` are the ``prompt_field`` and the ``template`` of `PromptSpec`.

    Raises:
        PromptError: a file cannot be read.
        UsageError: a weight is not above 0.
    """
    sources = []
    for text in named:
        path, weight = _weighted(text)
        fixed = _fixed(
            Path(path).name,
            prompts=path,
            seed=seed,
            max_tokens=max_tokens,
            ignore_eos=ignore_eos,
            **of_rows,
        )
        sources.append((fixed, weight))
    weighted = Weighted(sources=tuple(sources), seed=seed)  # refuses weights, of one file too
    return weighted if len(sources) > 1 else sources[0][0]


def prompt_paths(named: Sequence[str]) -> list[Path]:
    """The files that ``prompt_files`` reads."""
    return [Path(_weighted(text)[0]) for text in named]


def conversations(
    path: Path, *, seed: int, think_s: float, max_tokens: int | None
) -> Conversations:
    """The conversations of a file.

    Raises:
        UsageError: it cannot be read, or has none.
    """
    with _lines(path) as lines:
        scripts = read_scripts(lines, path.name)
    return Conversations(
        scripts=scripts, seed=seed, think_s=think_s, max_tokens=max_tokens, source=path.name
    )


def trace(path: Path) -> TrafficTrace:
    """The trace that a file holds.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    with _lines(path) as lines:
        return read_trace(lines, path.name)


def _fixed(
    source: str, *, seed: int, max_tokens: int | None, ignore_eos: bool, **named: str
) -> FixedPrompts:
    from modelforge.prompts.open import open_prompts  # noqa: PLC0415 (templates and YAML)
    from modelforge.prompts.spec import PromptSpec  # noqa: PLC0415 (as above)

    with open_prompts(PromptSpec(**named)) as cases:  # type: ignore[arg-type]  # all are texts
        prompts = tuple(case.prompt for case in cases)
    if len(prompts) > _MOST_PROMPTS:
        raise UsageError(f"{source}: a benchmark takes at most {_MOST_PROMPTS:,} prompts of a file")
    return FixedPrompts(
        prompts=prompts, seed=seed, max_tokens=max_tokens, ignore_eos=ignore_eos, source=source
    )


def _weighted(text: str) -> tuple[str, float]:
    """``FILE=WEIGHT``; a file of the whole name wins."""
    path, equals, weight = text.rpartition("=")
    if not equals or Path(text).exists():
        return text, 1.0
    try:
        return path, float(weight)
    except ValueError:
        return text, 1.0


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[str]]:
    try:
        with path.open(encoding="utf-8", newline=None) as file:
            yield iter(file)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: this is not UTF-8 text (byte {error.start})") from None
