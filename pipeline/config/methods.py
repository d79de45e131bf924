"""`methods` and `train`: which networks, how they are built, how they are trained."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from pipeline.config.baselines import (
    AutoencoderSettings,
    CpmnetSettings,
    CraSettings,
    GcnetSettings,
    MminSettings,
)
from pipeline.config.faults import refusal
from pipeline.config.networks import IteacnetSettings
from pipeline.config.settings import Distinct, Name, Rate, Section, dump, parse_section

# One model for all rates | a model per rate | a model of complete data.
Evaluation = Literal["ume", "ime", "complete"]


class _Method(Section):
    settings: Section
    """How it is built and trained."""
    evaluations: Annotated[tuple[Evaluation, ...], Field(min_length=1), Distinct] = ("ume",)
    """Ume: one model for all rates; ime: a model per rate; complete: a model of rate 0.0."""
    label: str = ""
    """What tables print; "" = the method's name."""
    by_rate: dict[Rate, dict[str, Any]] = {}
    """Settings that differ in trainings at a rate, as `{0.7: {hidden_dim: 100}}`."""

    @model_validator(mode="after")
    def _settings_of_rates_are_known(self) -> Self:
        for rate in self.by_rate:
            self.settings_at(str(rate))
        return self

    def settings_at(self, train_rate: str) -> Section:
        """The settings of a training at this rate."""
        changes = {str(rate): change for rate, change in self.by_rate.items()}.get(train_rate, {})
        place = f"by_rate.{train_rate}"
        return parse_section({**dump(self.settings), **changes}, type(self.settings), where=place)


class IteacnetMethod(_Method):
    """A method that trains ITEACNet in one of its forms."""

    model: Literal["iteacnet"]
    """The network: ITEACNet."""
    settings: IteacnetSettings = IteacnetSettings()
    """How it is built and trained."""


class GcnetMethod(_Method):
    """A method that trains GCNet."""

    model: Literal["gcnet"]
    """The network: GCNet."""
    settings: GcnetSettings = GcnetSettings()
    """How it is built and trained."""


class AutoencoderMethod(_Method):
    """A method that trains AE."""

    model: Literal["ae"]
    """The network: an autoencoder."""
    settings: AutoencoderSettings = AutoencoderSettings()
    """How it is built and trained."""


class CraMethod(_Method):
    """A method that trains CRA."""

    model: Literal["cra"]
    """The network: the cascaded residual autoencoder."""
    settings: CraSettings = CraSettings()
    """How it is built and trained."""


class MminMethod(_Method):
    """A method that trains MMIN."""

    model: Literal["mmin"]
    """The network: the missing modality imagination network."""
    settings: MminSettings = MminSettings()
    """How it is built and trained."""


class CpmnetMethod(_Method):
    """A method that trains CPM-Net."""

    model: Literal["cpmnet"]
    """The network: CPM-Net."""
    settings: CpmnetSettings = CpmnetSettings()
    """How it is built and trained."""


MethodSettings = Annotated[
    IteacnetMethod | GcnetMethod | AutoencoderMethod | CraMethod | MminMethod | CpmnetMethod,
    Field(discriminator="model"),
]


class TrainSettings(Section):
    """`train`: shared by all methods; a method's `settings` hold what is its own."""

    methods: Annotated[tuple[Name, ...], Distinct] = ("iteacnet",)
    """Names of `methods` that are trained; [] = features and a page of the corpora only."""
    tasks: Annotated[tuple[Name, ...], Distinct] = ()
    """Names of `tasks` that are trained; [] = all."""
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**31)], ...], Field(min_length=1), Distinct
    ] = (0,)
    """One training per seed, fold, method and task."""
    n_epochs: Annotated[int, Field(ge=1, le=10000)] = 100
    """Epochs of a training."""
    train_rate: str = "0.7"
    """Missing rate while training under ume: "0.0" to "0.7", random or progressive."""
    patience: Annotated[int, Field(ge=1)] | None = None
    """Epochs without gain before training stops early; null = never."""

    @model_validator(mode="after")
    def _rate_is_known(self) -> "TrainSettings":
        try:
            parse_train_rate(self.train_rate)
        except ValueError as error:
            raise refusal(("train_rate",), str(error)) from None
        return self


def parse_train_rate(text: str) -> float | Literal["random", "progressive"]:
    """Return a training rate as a number or a strategy's name; refuse anything else."""
    if text == "random":
        return "random"
    if text == "progressive":
        return "progressive"
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= 0.7:
        raise ValueError(f"train_rate={text!r}: use 0.0 to 0.7, 'random' or 'progressive'")
    return rate


def model_module(model: str) -> str:
    """Module whose `build(settings, shape)` makes the learner of a model."""
    return f"models.{model}.learner"
