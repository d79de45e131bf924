"""The part of a task that says under which conditions it is tested."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pipeline.base.records import MODALITIES, Modality
from pipeline.config.condition_parts import ConditionError
from pipeline.config.conditions import SUBSETS, parse_condition, subsets_of
from pipeline.config.faults import refusal
from pipeline.config.settings import Distinct, Section


def _known_condition(text: str) -> str:
    """The one name of a condition; what is none is refused."""
    return parse_condition(text).name


ConditionName = Annotated[str, AfterValidator(_known_condition)]


class Conditioned(Section):
    """What of a corpus may be used, and what of that is withheld."""

    modalities: Annotated[tuple[Modality, ...], Field(min_length=1), Distinct] = MODALITIES
    """What the networks may use."""
    conditions: tuple[str, ...] = ()
    """Tested under beside protocol.rates, as only:audio+visual, without:text, blocks:0.3:5,
    dialogue:text, imbalanced:0.7/0.3/0.5 or rate:0.9:nothing-left (docs/protocol.md); `subsets`
    stands for `only:` every subset of the modalities."""

    @model_validator(mode="after")
    def _conditions_fit(self) -> "Conditioned":
        for number, text in enumerate(self.conditions):
            try:
                if text != SUBSETS:
                    parse_condition(text).check(self.sorted_modalities)
            except ConditionError as error:
                raise refusal(("conditions", number), str(error), text) from None
        return self

    @property
    def sorted_modalities(self) -> tuple[Modality, ...]:
        """Those that it uses, in the order of all."""
        return tuple(name for name in MODALITIES if name in self.modalities)

    @property
    def modality_columns(self) -> list[int]:
        """Where these stand among all."""
        return [MODALITIES.index(name) for name in self.sorted_modalities]

    @property
    def condition_names(self) -> tuple[str, ...]:
        """The one name of each of its conditions, each once."""
        found: list[str] = []
        for text in self.conditions:
            if text == SUBSETS:
                found += [subset.name for subset in subsets_of(self.sorted_modalities)]
            else:
                found.append(parse_condition(text).name)
        return tuple(dict.fromkeys(found))
