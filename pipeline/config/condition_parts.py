"""What kinds of conditions share: their base, and the words that their names are made of."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pipeline.base.records import MODALITIES, Modality
from pipeline.config.faults import did_you_mean
from pipeline.config.settings import MAX_RATE

NOTHING_LEFT: Final = "nothing-left"
HIGHEST_RATE: Final = 0.9  # where an utterance may lose everything


class ConditionError(ValueError):
    """A name is not that of a condition, or one that this task cannot have."""


class Condition(ABC):
    """What is withheld; each kind is a frozen dataclass and has one keyword."""

    keyword: ClassVar[str]
    example: ClassVar[str]
    named: tuple[Modality, ...] = ()  # modalities that its name holds
    nothing_left: bool = True  # whether an utterance may lose everything that it has

    @property
    @abstractmethod
    def name(self) -> str:
        """The one name of it: what stands in tables, and, made safe, in names of files."""

    @classmethod
    @abstractmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """The condition of what stands after the keyword, cut at `:`."""

    def check(self, modalities: Sequence[Modality]) -> None:
        """Refuse a task with these modalities, in order, if it cannot have the condition."""
        if foreign := [name for name in self.named if name not in modalities]:
            raise ConditionError(
                f"the task has no {' and no '.join(foreign)}, only {', '.join(modalities)}"
            )


@dataclass(frozen=True)
class OfModalities(Condition):
    """Its name is the keyword and modalities."""

    named: tuple[Modality, ...]

    @property
    def name(self) -> str:
        """Modalities in their order."""
        return f"{self.keyword}:{'+'.join(self.named)}"

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """`audio+visual`."""
        (text,), _ = cut_ending(arguments, 1, 1, allows_nothing=False)
        return cls(modalities_of(text))


class Dropping(Condition):
    """Its name holds what is withheld."""

    def check(self, modalities: Sequence[Modality]) -> None:
        """Something must stay."""
        super().check(modalities)
        if set(self.named) >= set(modalities):
            raise ConditionError("none of the task's modalities would be left")


def cut_ending(
    arguments: Sequence[str], least: int, most: int, *, allows_nothing: bool = True
) -> tuple[list[str], bool]:
    """The arguments less a last `nothing-left`, and whether it stood there."""
    given = list(arguments)
    nothing_left = bool(given) and given[-1] == NOTHING_LEFT
    if nothing_left and not allows_nothing:
        raise ConditionError(f"{NOTHING_LEFT} belongs to rate, blocks and imbalanced alone")
    given = given[:-1] if nothing_left else given

    if not least <= len(given) <= most:
        near = did_you_mean(given[-1], (NOTHING_LEFT,)) if len(given) > most else ""
        needed = f"{least} or {most}" if least < most else str(least)
        raise ConditionError(
            f"{len(given)} values stand after the keyword; {needed} belong there{near}"
        )
    return given, nothing_left


def rate_of(text: str, nothing_left: bool) -> float:
    """A rate up to 0.7, up to 0.9 where nothing need be left."""
    rate = number_of(text, "a rate", 0.0, HIGHEST_RATE)
    if rate > MAX_RATE and not nothing_left:
        raise ConditionError(
            f"a rate above {MAX_RATE} leaves utterances without anything: end the name with "
            f":{NOTHING_LEFT} to allow that"
        )
    return rate


def number_of(text: str, what: str, lowest: float, highest: float) -> float:
    """A number between these, the ends included."""
    try:
        number = float(text)
    except ValueError:
        raise ConditionError(f"{text!r} is not a number, but {what} is due there") from None
    if not lowest <= number <= highest:
        raise ConditionError(f"{text} is not {what} from {lowest:g} to {highest:g}")
    return number + 0.0  # -0.0 is 0.0, and has its name


def modalities_of(text: str) -> tuple[Modality, ...]:
    """`visual+audio` -> (audio, visual), in their order."""
    names = text.split("+")
    for name in names:
        if name not in MODALITIES:
            near = did_you_mean(name, MODALITIES)
            raise ConditionError(f"{name!r} is not one of {', '.join(MODALITIES)}{near}")
    if len(set(names)) < len(names):
        raise ConditionError(f"{text!r} names a modality twice")
    return tuple(name for name in MODALITIES if name in names)
