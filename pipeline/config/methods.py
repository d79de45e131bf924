"""`methods` and `train`: which networks, how they are built, how they are trained."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    SerializeAsAny,
    ValidationError,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import tagged_union_schema, union_schema

from models.own_modules import OWN, OwnModuleError, is_own
from models.registry import find_method, learner_module, method_module, our_methods
from models.vocabulary import Selection
from pipeline.base.records import Modality
from pipeline.config.condition_parts import Condition, ConditionError
from pipeline.config.conditions import AtRate, is_rate, parse_condition
from pipeline.config.faults import did_you_mean, refusal, relayed
from pipeline.config.model_settings import ModelSettings, section_of
from pipeline.config.settings import MAX_RATE, Distinct, Name, Rate, Section, dump

Strategy = Literal["random", "progressive"]  # how a rate changes while training
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
TrainRate = float | Strategy | Condition
# One model for all rates | a model per rate | a model of complete data.
Evaluation = Literal["ume", "ime", "complete"]
EVALUATIONS: tuple[Evaluation, ...] = get_args(Evaluation)


class Method(Section):
    """A method that trains a model of your own: a module as docs/extend.md shows it."""

    model: Annotated[str, Field(pattern=rf"^{OWN.pattern}$")]
    """The module, as `my_package.my_module`."""
    settings: Annotated[ModelSettings, WithJsonSchema({"type": "object"})] = ModelSettings()
    """How it is built and trained."""
    evaluations: Annotated[tuple[Evaluation, ...], Field(min_length=1), Distinct] = ("ume",)
    """Ume: one model for all rates; ime: a model per rate; complete: a model of rate 0.0."""
    label: str = ""
    """What tables print; "" = the method's name."""
    by_rate: dict[Rate, dict[str, Any]] = {}
    """Settings that differ in trainings at a rate, as `{0.7: {hidden_dim: 100}}`."""

    @model_validator(mode="after")
    def _settings_of_rates_are_known(self) -> Self:
        for rate, change in self.by_rate.items():
            try:
                self.settings_at(str(rate))
            except ValidationError as error:
                raise relayed(error, ("by_rate", rate), change) from None
        return self

    @property
    def learner_module(self) -> str:
        """The module whose `build(settings, shape)` makes the learner."""
        return learner_module(self.model)

    def settings_at(self, train_rate: str) -> Section:
        """The settings of a training at this rate."""
        changes = {str(rate): change for rate, change in self.by_rate.items()}.get(train_rate, {})
        return type(self.settings).model_validate({**dump(self.settings), **changes})


def fact_modules(own: Iterable[Method] = ()) -> tuple[str, ...]:
    """Modules that say what is known of our methods, and of those of `own` that are a user's."""
    models = {*our_methods(), *(method.model for method in own if is_own(method.model))}
    return tuple(sorted(map(method_module, models)))


def learner_modules() -> tuple[str, ...]:
    """Modules of the learners of all our methods."""
    return tuple(map(learner_module, our_methods()))


@cache
def kind_of(model: str) -> type[Method]:
    """The section of methods with this model: `settings` are those of its dataclass."""
    info = find_method(model)
    settings = section_of(info.settings)
    keys: dict[str, Any] = {
        "model": (Literal[model], Field(description=f"The network: {info.network}.")),
        "settings": (settings, Field(settings(), description="How it is built and trained.")),
    }
    name = f"{info.settings.__name__.removesuffix('Settings')}Method"
    module = info.settings.__module__
    kind: type[Method] = create_model(name, __base__=Method, __module__=module, **keys)
    kind.__doc__ = f"A method that trains {info.label} ({info.citation})."
    return kind


def _as_its_kind(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return values
    model = values.get("model")
    if model is None:
        raise refusal((), "needs the key `model`, which says what the method is")
    if not isinstance(model, str):
        raise refusal(("model",), "must be text, the name of a model", model)
    try:
        kind = kind_of(model)
    except OwnModuleError as error:
        near = did_you_mean(model, our_methods())
        raise refusal(("model",), f"{error}{near}", model) from None
    return kind.model_validate(values)


class _Listed:
    """The schema that editors and docs/configuration.md are made from lists our models one by one.

    Nothing else needs more than the section of the one model that is named, so that no other is
    built before a schema is asked for.
    """

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        ours = {model: kind_of(model).__pydantic_core_schema__ for model in our_methods()}
        own = Method.__pydantic_core_schema__
        return handler(union_schema([tagged_union_schema(ours, "model"), own]))


if TYPE_CHECKING:
    MethodSettings = Method
else:
    MethodSettings = Annotated[SerializeAsAny[Method], BeforeValidator(_as_its_kind), _Listed()]


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
    """Missing rate while training under ume: "0.0" to "0.7", random, progressive or a condition."""
    patience: Annotated[int, Field(ge=1)] | None = None
    """Epochs without gain before training stops early; null = never."""
    keep: Selection = "best"
    """Best: the epoch with the best validation score; last: the last one, where validation cannot
    be trusted, as of features that were fitted to its labels."""

    @model_validator(mode="after")
    def _rate_is_known(self) -> "TrainSettings":
        try:
            parse_train_rate(self.train_rate)
        except ValueError as error:
            raise refusal(("train_rate",), str(error)) from None
        return self


def parse_train_rate(text: str) -> TrainRate:
    """Return a training rate as a number, a strategy's name or another condition."""
    for strategy in STRATEGIES:
        if text == strategy:
            return strategy
    try:
        condition = parse_condition(text)
    except ConditionError as error:
        raise ValueError(
            f"train_rate={text!r}: use 0.0 to {MAX_RATE}, 'random' or 'progressive', or the name "
            f"of a condition: {error}"
        ) from None
    return (
        condition.rate if is_rate(condition.name) and isinstance(condition, AtRate) else condition
    )


def fault_of_rate(text: str, modalities: Sequence[Modality]) -> str:
    """Why a task with these modalities cannot be trained at a rate or condition, "" if it can."""
    rate = parse_train_rate(text)
    try:
        if isinstance(rate, Condition):
            rate.check(modalities)
    except ConditionError as error:
        return str(error)
    return ""
