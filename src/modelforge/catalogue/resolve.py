"""Whose listed price a name stands for, and by which rule: no name is matched in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from modelforge.catalogue.overlay import Overlay
from modelforge.core.model_id import ModelId
from modelforge.pricing.tariff import Rule

_PROFILE: Final = re.compile(r"(?P<region>us|eu|apac|au|ca|jp|us-gov|global)\.(?P<name>.+\..+)\Z")
_VERSION: Final = r"(-v\d+(:\d+)?)?"
_DATED: Final = re.compile(
    rf"(?P<stem>.+?)[-@](?P<date>\d{{4}}-\d{{2}}-\d{{2}}|20\d{{6}}){_VERSION}\Z"
)

_PREFIXES: Final = {("models", "google"), ("google", "google-vertex")}

NamesOf = Callable[[str], frozenset[str]]
"""The names of the models that are known of a provider."""

_Step = tuple[str, str | None, str | None]  # a name, how it was found, the region it says


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """A listed model, the rule that led to it, and the region that the name itself says."""

    id: ModelId
    rule: Rule | None = None
    region: str | None = None


def resolve(id_: ModelId, names_of: NamesOf, overlay: Overlay) -> Resolved | None:
    """The listed model that ``id_`` names, None when no rule finds one.

    ``names_of`` gives the names that are listed for a provider.

    The name as it stands comes first; then another spelling of the provider, a provider's prefix in
    the name, the region of a Bedrock inference profile, a snapshot's date too many or missing; and
    at last, for a provider that passes prices through, the model's maker.
    """
    own = ModelId(provider=listed_provider(id_.provider, overlay), model=id_.model)
    if own == id_ and id_.model in names_of(id_.provider):
        return Resolved(id=id_)  # by its own name, as nearly all are
    spelled = () if own.provider == id_.provider else (f"{id_.provider} is {own.provider}",)
    names = names_of(own.provider)
    for name, how, region in _candidates(own, names, overlay):
        if name in names:
            why = (*spelled, *(() if how is None else (how,)))
            rule = Rule(text="; ".join(why)) if why else None
            found = ModelId(provider=own.provider, model=name)
            return Resolved(id=found, rule=rule, region=region)
    return _through(own, names_of, overlay)


def listed_provider(name: str, overlay: Overlay) -> str:
    """What the catalogue calls the provider ``name``."""
    return overlay.providers.get(name.lower(), name.lower())


def _candidates(id_: ModelId, names: frozenset[str], overlay: Overlay) -> Iterator[_Step]:
    """What ``id_`` may stand for, the surest first."""
    for name, how, region in _spellings(id_, overlay):
        yield name, how, region
        for other, dated in _snapshots(name, names):
            yield other, dated if how is None else f"{how}; {dated}", region


def _spellings(id_: ModelId, overlay: Overlay) -> Iterator[_Step]:
    name = id_.model
    yield name, None, None
    if name != name.lower():
        yield name.lower(), f"{name} is written {name.lower()}", None
    first, slash, rest = name.partition("/")
    if slash and listed_provider(first, overlay) == id_.provider:
        yield rest, f"{first}/ in the name is the provider", None
    elif slash and (first, id_.provider) in _PREFIXES:
        yield rest, f"{first}/ in the name is how its API writes it", None
    if profile := _PROFILE.match(name):
        region = profile["region"]
        yield (
            profile["name"],
            f"{region}. is an inference profile of {profile['name']}",
            None if region == "global" else region,
        )
    if "." in name:
        dashed = name.replace(".", "-")
        yield dashed, f"{name} is written {dashed}", None


def _snapshots(name: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The alias of a dated name, or the newest dated name of an alias."""
    if dated := _DATED.match(name):
        stem = dated["stem"]
        yield stem, f"the snapshot of {dated['date']} is priced as {stem}"
        yield f"{stem}-latest", f"the snapshot of {dated['date']} is priced as {stem}-latest"
        return
    stem = name.removesuffix("-latest").removesuffix("@default")
    if stem != name:
        yield stem, f"{name} is priced as {stem}"
    yield f"{stem}@default", f"{name} is listed as {stem}@default"
    snapshots = [
        (found["date"].replace("-", ""), listed)
        for listed in names
        if (found := _DATED.match(listed)) and found["stem"] == stem
    ]
    if snapshots:
        newest = max(snapshots)[1]
        yield newest, f"{name} is priced as its newest snapshot, {newest}"


def _through(id_: ModelId, names_of: NamesOf, overlay: Overlay) -> Resolved | None:
    for passing in overlay.pass_through:
        if not passing.scope.names(id_):
            continue
        maker, slash, model = id_.model.partition("/")
        if not slash:
            continue
        found = resolve(ModelId(provider=maker, model=model), names_of, overlay)
        if found is not None:
            found_as = "" if found.rule is None else f"; {found.rule.text}"
            return replace(found, rule=replace(passing.rule, text=f"{passing.rule.text}{found_as}"))
    return None
