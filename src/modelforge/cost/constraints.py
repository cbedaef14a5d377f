"""What a model must be to be recommended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, Self

from modelforge.catalogue.model import Model
from modelforge.core.errors import ScenarioError
from modelforge.stats.interval import Interval

Test = Callable[[Model], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraints:
    """Conditions, all of which a model must meet; None asks nothing.

    What is not known of a model meets no condition on it.

    Attributes:
        context, output: at least so many tokens, of all together and of an answer.
        modalities: each is taken or given (``image``, ``audio``, ``pdf``).
        max_cost: US dollars at most, for all scenarios together.
        max_latency_s: at most, by ``latency_s``: seconds by ``provider/model``, as you measured.
        min_quality: at least, by ``quality``: scores by ``provider/model``, in your own unit;
            ``quality_interval`` of those whose score is only known so well.
        providers, not_providers: only these, none of these.
        knowledge_since: it has read what is from then on, ``YYYY-MM`` or ``YYYY``.
        deprecated: also models that are being withdrawn.

    Raises:
        ScenarioError: a limit is given without the measurements it is a limit of.
    """

    context: int | None = None
    output: int | None = None
    modalities: tuple[str, ...] = ()
    tools: bool = False
    reasoning: bool = False
    structured_output: bool = False
    open_weights: bool = False
    max_cost: float | None = None
    max_latency_s: float | None = None
    latency_s: Mapping[str, float] = field(default_factory=dict)
    min_quality: float | None = None
    quality: Mapping[str, float] = field(default_factory=dict)
    quality_interval: Mapping[str, Interval] = field(default_factory=dict)
    providers: tuple[str, ...] = ()
    not_providers: tuple[str, ...] = ()
    knowledge_since: str | None = None
    deprecated: bool = False

    def __post_init__(self) -> None:
        for limit, measured in (("max_latency_s", "latency_s"), ("min_quality", "quality")):
            if getattr(self, limit) is not None and not getattr(self, measured):
                raise ScenarioError(
                    f"{limit} needs measurements: give {measured}, values by provider/model"
                )

    @classmethod
    def of(cls, given: Constraints | Mapping[str, Any] | None) -> Self | Constraints:
        """From names and values, as code writes them.

        Raises:
            ScenarioError: a name is unknown, or a value of a wrong kind.
        """
        if given is None:
            return cls()
        if isinstance(given, Constraints):
            return given
        known = [one.name for one in fields(cls)]
        for name in given:
            if name not in known:
                import difflib  # noqa: PLC0415 (only to name what was meant)

                close = difflib.get_close_matches(str(name), known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
                raise ScenarioError(f"no constraint is named {name!r}; {hint}")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
        }
        for name in ("modalities", "providers", "not_providers"):
            if isinstance(values.get(name), str):
                values[name] = (values[name],)
        return cls(**values)

    def tests(self) -> Iterator[tuple[str, Test]]:
        """A name and a test for each condition on a model itself, but not on its cost."""
        if not self.deprecated:
            yield "in service", lambda model: model.status != "deprecated"
        if self.providers:
            allowed = frozenset(self.providers)
            yield f"provider {_or(self.providers)}", lambda model: model.id.provider in allowed
        if self.not_providers:
            denied = frozenset(self.not_providers)
            yield (
                f"not provider {_or(self.not_providers)}",
                lambda model: model.id.provider not in denied,
            )
        yield from self._facts()
        yield from self._measured()

    def _facts(self) -> Iterator[tuple[str, Test]]:
        if self.context is not None:
            least = self.context
            yield f"context of {least:,} tokens", lambda model: (model.context or 0) >= least
        if self.output is not None:
            most = self.output
            yield f"answers of {most:,} tokens", lambda model: (model.output_limit or 0) >= most
        for kind in self.modalities:
            yield kind, partial(_has_modality, kind)
        for name, words in (
            ("tools", "tools"),
            ("reasoning", "reasoning"),
            ("structured_output", "structured output"),
            ("open_weights", "open weights"),
        ):
            if getattr(self, name):
                fact = "tool_call" if name == "tools" else name
                yield words, partial(_is, fact)
        if self.knowledge_since is not None:
            since = self.knowledge_since
            yield f"knowledge since {since}", lambda model: (model.knowledge or "") >= since

    def _measured(self) -> Iterator[tuple[str, Test]]:
        if self.max_latency_s is not None:
            limit, latency_s = self.max_latency_s, self.latency_s
            yield (
                f"latency of at most {limit:g} s",
                lambda model: latency_s.get(str(model.id), float("inf")) <= limit,
            )
        if self.min_quality is not None:
            least, quality = self.min_quality, self.quality
            yield (
                f"quality of at least {least:g}",
                lambda model: quality.get(str(model.id), float("-inf")) >= least,
            )


def _has_modality(kind: str, model: Model) -> bool:
    return kind in model.takes or kind in model.gives


def _is(fact: str, model: Model) -> bool:
    return getattr(model, fact) is True


def _or(names: Iterable[str]) -> str:
    return " or ".join(names)
