"""`features`: one encoder per modality."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    Field,
    SerializeAsAny,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from models.own_modules import is_own
from models.vocabulary import ScaleOrder
from pipeline.base.records import Modality
from pipeline.base.vocabulary import Compat, Pooling, Precision
from pipeline.config.faults import did_you_mean, refusal
from pipeline.config.model_settings import ModelSettings
from pipeline.config.own_encoders import find_own_encoder, own_settings
from pipeline.config.settings import PathText, Section, expand_home

MODEL = "<model id or folder>"
ONNX = "onnx:<file>"
AUDIO_ENCODERS = ("moonshine-tiny", "wav2vec", f"hf:{MODEL}", ONNX)
TEXT_ENCODERS = ("minilm", "deberta", f"hf:{MODEL}", ONNX)
VISUAL_ENCODERS = ("mini-xception", "manet", "torchvision:<name>", f"hf:{MODEL}", ONNX)


def one_of_encoders(modality: Modality, allowed: tuple[str, ...]) -> Callable[[str], str]:
    """A check that a value is one of `allowed`, where `<...>` stands for any text, or a module."""

    def check(value: str) -> str:
        if find_own_encoder(modality, value):
            return value
        for form in allowed:
            prefix, is_open, _ = form.partition("<")
            if value == form or (is_open and value.startswith(prefix) and value != prefix):
                return prefix + expand_home(value[len(prefix) :]) if is_open else value
        near = did_you_mean(value, [form for form in allowed if "<" not in form])
        raise ValueError(
            f"no such encoder; use one of {', '.join(allowed)}{near}, or a module of yours"
        )

    return check


OwnSettings = Annotated[
    SerializeAsAny[ModelSettings],
    WithJsonSchema({"type": "object"}),
    Field(validate_default=True),
]


class EncoderSettings(Section):
    """What the encoders of all modalities are asked for."""

    modality: ClassVar[Modality]
    encoder: str
    """Network."""
    weights: PathText | None = None
    """A file or folder of weights instead of the standard place."""
    revision: str | None = None
    """Hf: the commit to pin."""
    precision: Precision = "float32"
    """Numbers that the network computes in."""
    settings: OwnSettings = ModelSettings()
    """A module of yours: its settings, as it types them."""

    @field_validator("settings", mode="before")
    @classmethod
    def _read_settings(cls, values: Any, info: ValidationInfo) -> ModelSettings:
        """An encoder of your own alone has any, as its module types them."""
        name = info.data.get("encoder")  # None: it was refused
        values = dict(values) if isinstance(values, ModelSettings) else values
        if name is not None and is_own(name):
            return own_settings(cls.modality, name, values)
        if values and name is not None:
            raise refusal((), f"only a module of yours has settings here, and {name} is not one")
        return ModelSettings()


class AudioSettings(EncoderSettings):
    """`features.audio`."""

    modality: ClassVar[Modality] = "audio"

    encoder: Annotated[str, AfterValidator(one_of_encoders("audio", AUDIO_ENCODERS))] = (
        "moonshine-tiny"
    )
    """Network that hears; hf: any speech model of the hub, or a folder with one; onnx: a file;
    `my_package.my_module`: a module of yours."""
    last_layers: Annotated[int, Field(ge=1, le=48)] = 4
    """Hf: hidden layers that are summed."""
    max_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Longer utterances are cut into such pieces."""
    batch_seconds: Annotated[int, Field(ge=1, le=3600)] = 72
    """On a GPU: sound of a batch; fewer need less of its memory."""


class TextSettings(EncoderSettings):
    """`features.text`."""

    modality: ClassVar[Modality] = "text"

    encoder: Annotated[str, AfterValidator(one_of_encoders("text", TEXT_ENCODERS))] = "minilm"
    """Network that reads; hf: any text model of the hub, or a folder with one; onnx: a file;
    `my_package.my_module`: a module of yours."""
    last_layers: Annotated[int, Field(ge=1, le=48)] = 4
    """Hf, deberta: hidden layers that are summed."""
    lower_case: bool = True
    """Hf, onnx, deberta: read in small letters; `compat: gcnet` always does."""
    pooling: Pooling = "words"
    """Hf, onnx, deberta: the mean is over words or over tokens."""
    compat: Compat = "none"
    """Gcnet: sub-sentences and cleaned words, as GCNet's features."""
    max_tokens: Annotated[int, Field(ge=8, le=8192)] = 512
    """Longer texts are read in windows of this length."""
    batch_tokens: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    """On a GPU: tokens of a batch; fewer need less of its memory."""


class VisualSettings(EncoderSettings):
    """`features.visual`."""

    modality: ClassVar[Modality] = "visual"

    encoder: Annotated[str, AfterValidator(one_of_encoders("visual", VISUAL_ENCODERS))] = (
        "mini-xception"
    )
    """Network that looks at faces; torchvision: or hf: a model, or its folder; onnx: a file;
    `my_package.my_module`: a module of yours."""
    scale_order: ScaleOrder = "published"
    """Manet: order of the second chain."""
    batch_faces: Annotated[int, Field(ge=1, le=10_000)] = 256
    """On a GPU: faces of a batch; fewer need less of its memory."""


class FeaturesSettings(Section):
    """`features`: one encoder per modality."""

    audio: AudioSettings = AudioSettings()
    """Encoder of sound."""
    text: TextSettings = TextSettings()
    """Encoder of transcripts."""
    visual: VisualSettings = VisualSettings()
    """Encoder of faces."""
