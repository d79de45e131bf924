"""`features`: one set of encoders or, by names, several that stand in one study.

The first set has the plain names: audio, methods as they are called. What is of another set is
called `audio@hubert`, `gcnet@hubert`. Sets share what they encode alike: it is made once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

from pipeline.base.records import MODALITIES, Modality
from pipeline.base.set_names import of_set
from pipeline.config.features import AudioSettings, FeaturesSettings, TextSettings, VisualSettings
from pipeline.config.methods import MethodSettings
from pipeline.config.settings import Name

ENCODERS, SETS = "[key]", "[sets]"  # `faults` takes them for no part of a place in the file
EncoderSettings = AudioSettings | TextSettings | VisualSettings


@dataclass(frozen=True)
class SetMember:
    """What is extracted of a modality, under the name that its files have."""

    name: str  # audio, audio@hubert
    modality: Modality
    settings: EncoderSettings


@dataclass(frozen=True)
class Trained:
    """A method on a set of features, under the name that its runs have."""

    name: str  # gcnet, gcnet@hubert
    method: MethodSettings
    features: str  # name of the set; "" where sets have no names


def _kind(values: Any) -> str:
    """Whether these are encoders or named sets of them, so that a slip is told at its place."""
    if not isinstance(values, Mapping) or not values or set(values) & set(MODALITIES):
        return ENCODERS
    first = next(iter(values.values()))
    is_set = first is None or isinstance(first, FeaturesSettings)
    is_set |= isinstance(first, Mapping) and set(first) <= set(MODALITIES)
    return SETS if is_set else ENCODERS


def _completed(values: Any) -> Any:
    """Named sets, each with what it leaves out as the first one has it."""
    if not isinstance(values, Mapping) or not all(isinstance(s, Mapping) for s in values.values()):
        return values  # refused with the place
    first: Mapping[str, Any] = next(iter(values.values()), {})
    return {name: {**first, **section} for name, section in values.items()}


if TYPE_CHECKING:
    Features = FeaturesSettings | dict[str, FeaturesSettings]
else:
    _SETS = Annotated[
        dict[Name, FeaturesSettings], Field(min_length=1), BeforeValidator(_completed)
    ]
    Features = Annotated[
        Annotated[FeaturesSettings, Tag(ENCODERS)] | Annotated[_SETS, Tag(SETS)],
        Discriminator(_kind),
    ]


def sets_of(features: Features) -> dict[str, FeaturesSettings]:
    """The sets by name, in their order; a single one without a name is called ""."""
    return {"": features} if isinstance(features, FeaturesSettings) else dict(features)


def encodings(features: Features) -> dict[tuple[str, Modality], SetMember]:
    """What each set has of each modality; sets that encode it alike have the same."""
    found: dict[tuple[str, Modality], SetMember] = {}
    for number, (name, section) in enumerate(sets_of(features).items()):
        for modality in MODALITIES:
            settings: EncoderSettings = getattr(section, modality)
            alike = (e for e in found.values() if e.settings == settings)
            own = SetMember(of_set(modality, name if number else ""), modality, settings)
            found[name, modality] = next((e for e in alike if e.modality == modality), own)
    return found


def trained(
    methods: Mapping[str, MethodSettings], order: Iterable[str], features: Features
) -> dict[str, Trained]:
    """Every method of `order` on every set, by the name of its runs."""
    found = [
        Trained(of_set(method, name if number else ""), methods[method], name)
        for method in order
        for number, name in enumerate(sets_of(features))
    ]
    return {entry.name: entry for entry in found}


def fault_of_sets(features: Features, modalities: Iterable[Modality]) -> tuple[str, str] | None:
    """A set that differs from an earlier one in none of these modalities, and what to say of it."""
    known = encodings(features)
    seen: dict[tuple[str, ...], str] = {}
    for name in sets_of(features):
        used = tuple(known[name, modality].name for modality in modalities)
        if used in seen:
            return name, f"it encodes {', '.join(modalities)} as {seen[used]} does"
        seen[used] = name
    return None
