"""Conditions: what is withheld from a method, by names that people write and read.

    rate:0.3, or 0.3          a share of what was extracted; one modality of each utterance stays
    only:audio+visual         these modalities, nothing else
    without:text              all but these
    blocks:0.3:5              each modality off for stretches of 5 utterances (mean), 0.3 in all
    dialogue:text:0.3         a modality off for whole dialogues, 0.3 of them (0.5 if not said)
    imbalanced:0.7/0.3/0.5    a rate for each modality of the task, in order: audio, text, visual
    imbalanced:audio=0.7      the same by name; those that are not named lose nothing
    real:visual               off where another dialogue of the corpus really lacks it

Rates up to 0.9 need `:nothing-left` at the end of rate, blocks or imbalanced: then an utterance may
lose everything. How masks are drawn: pipeline.protocol.drawing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, Final, Self

from pipeline.base.records import Modality
from pipeline.config.condition_parts import (
    NOTHING_LEFT,
    Condition,
    ConditionError,
    Dropping,
    OfModalities,
    cut_ending,
    modalities_of,
    number_of,
    rate_of,
)
from pipeline.config.faults import did_you_mean

SUBSETS: Final = "subsets"  # stands for `only:` every subset of a task's modalities
LONGEST_BLOCK: Final = 1000.0  # utterances


@dataclass(frozen=True)
class AtRate(Condition):
    """A share of all that was extracted, wherever chance has it."""

    rate: float
    nothing_left: bool = False
    keyword: ClassVar[str] = "rate"
    example: ClassVar[str] = "rate:0.3"

    @property
    def name(self) -> str:
        """`0.3` as ever, for the rates of the paper."""
        return f"rate:{self.rate}:{NOTHING_LEFT}" if self.nothing_left else str(self.rate)

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """`0.3`, or `0.9`, `nothing-left`."""
        (rate,), nothing_left = cut_ending(arguments, 1, 1)
        return cls(rate_of(rate, nothing_left), nothing_left)


class Only(OfModalities):
    """These modalities and no other."""

    keyword: ClassVar[str] = "only"
    example: ClassVar[str] = "only:audio+visual"


class Without(OfModalities, Dropping):
    """All modalities but these."""

    keyword: ClassVar[str] = "without"
    example: ClassVar[str] = "without:text"


@dataclass(frozen=True)
class Blocks(Condition):
    """Each modality on its own off for whole stretches of a dialogue, as a broken camera is."""

    share: float
    length: float  # utterances, mean
    nothing_left: bool = False
    keyword: ClassVar[str] = "blocks"
    example: ClassVar[str] = "blocks:0.3:5"

    @property
    def name(self) -> str:
        """Share and mean length."""
        return f"blocks:{self.share}:{self.length:g}{_ending(self.nothing_left)}"

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """`0.3`, `5`."""
        (share, length), nothing_left = cut_ending(arguments, 2, 2)
        mean = number_of(length, "a mean length in utterances", 1.0, LONGEST_BLOCK)
        return cls(rate_of(share, nothing_left), mean, nothing_left)


@dataclass(frozen=True)
class WholeDialogues(Dropping):
    """Modalities off from the first to the last utterance of some dialogues."""

    named: tuple[Modality, ...]
    share: float = 0.5  # of the dialogues
    keyword: ClassVar[str] = "dialogue"
    example: ClassVar[str] = "dialogue:text"

    @property
    def name(self) -> str:
        """Modalities in their order, and the share of the dialogues."""
        return f"dialogue:{'+'.join(self.named)}:{self.share}"

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """`text`, and perhaps a share of the dialogues."""
        (text, *share), _ = cut_ending(arguments, 1, 2, allows_nothing=False)
        shares = [number_of(part, "a share of the dialogues", 0.0, 1.0) for part in share]
        return cls(modalities_of(text), *shares)


@dataclass(frozen=True)
class Imbalanced(Condition):
    """A rate for each modality; nothing is `named` where rates stand in the task's order."""

    rates: tuple[float, ...]
    named: tuple[Modality, ...] = ()
    nothing_left: bool = False
    keyword: ClassVar[str] = "imbalanced"
    example: ClassVar[str] = "imbalanced:0.7/0.3/0.5"

    @property
    def name(self) -> str:
        """As it was written, modalities in their order."""
        told = [f"{m}={rate}" for m, rate in zip(self.named, self.rates, strict=False)]
        listed = "/".join(told or map(str, self.rates))
        return f"imbalanced:{listed}{_ending(self.nothing_left)}"

    def rates_of(self, modalities: Sequence[Modality]) -> tuple[float, ...]:
        """A rate for each of a task's modalities."""
        by_name = dict(zip(self.named or modalities, self.rates, strict=True))
        return tuple(by_name.get(name, 0.0) for name in modalities)

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """`0.7/0.3/0.5`, or `audio=0.7/text=0.3`."""
        (text,), nothing_left = cut_ending(arguments, 1, 1)
        parts = text.split("/")
        if "=" not in text:
            return cls(tuple(rate_of(part, True) for part in parts), (), nothing_left)

        by_name: dict[str, float] = {}
        for part in parts:
            name, mark, rate = part.partition("=")
            if not mark or name in by_name:
                raise ConditionError(f"{part!r}: name each modality once, as audio=0.7/text=0.3")
            by_name[name] = rate_of(rate, True)
        ordered = modalities_of("+".join(by_name))
        return cls(tuple(by_name[name] for name in ordered), ordered, nothing_left)

    def check(self, modalities: Sequence[Modality]) -> None:
        """As many rates as modalities; one modality of each utterance must be able to stay."""
        super().check(modalities)
        if not self.named and len(self.rates) != len(modalities):
            told = ", ".join(modalities)
            raise ConditionError(f"{len(self.rates)} rates for the modalities {told}")
        if not self.nothing_left and sum(1 - rate for rate in self.rates_of(modalities)) < 1:
            raise ConditionError(
                "the rates leave less than one modality an utterance: lower them, or end the "
                f"name with :{NOTHING_LEFT}"
            )


class Real(OfModalities):
    """These modalities off where another dialogue lacks them: its gaps, of what kind they are."""

    nothing_left: bool = False
    keyword: ClassVar[str] = "real"
    example: ClassVar[str] = "real:visual"


KINDS: Final[Mapping[str, type[Condition]]] = {
    kind.keyword: kind for kind in (AtRate, Only, Without, Blocks, WholeDialogues, Imbalanced, Real)
}


def parse_condition(text: str) -> Condition:
    """The condition of a name; ConditionError says what is wrong with it, and what is near."""
    keyword, *arguments = [AtRate.keyword, text] if is_rate(text) else text.split(":")
    if keyword not in KINDS:
        examples = ", ".join(kind.example for kind in KINDS.values())
        near = did_you_mean(keyword, tuple(KINDS))
        raise ConditionError(f"there is no condition {keyword!r}; write e.g. {examples}{near}")
    return KINDS[keyword].parse(arguments)


def is_rate(name: str) -> bool:
    """Whether a name is a plain number: a rate of the paper."""
    try:
        float(name)
    except ValueError:
        return False
    return True


def subsets_of(modalities: Sequence[Modality]) -> tuple[Only, ...]:
    """`only:` every subset of the modalities, small ones first, all of them last."""
    sizes = range(1, len(modalities) + 1)
    return tuple(Only(kept) for size in sizes for kept in combinations(modalities, size))


def _ending(nothing_left: bool) -> str:
    return f":{NOTHING_LEFT}" if nothing_left else ""
