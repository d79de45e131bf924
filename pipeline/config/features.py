"""`features`: one encoder per modality."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.base.vocabulary import Compat, Pooling, Precision
from pipeline.config.faults import did_you_mean
from pipeline.config.settings import PathText, Section, expand_home

MODEL = "<model id or folder>"
ONNX = "onnx:<file>"
AUDIO_ENCODERS = ("moonshine-tiny", "wav2vec", f"hf:{MODEL}", ONNX)
TEXT_ENCODERS = ("minilm", "deberta", f"hf:{MODEL}", ONNX)
VISUAL_ENCODERS = ("mini-xception", "manet", "torchvision:<name>", f"hf:{MODEL}", ONNX)


def one_of_encoders(allowed: tuple[str, ...]) -> Callable[[str], str]:
    """A check that a value is one of `allowed`, where `<...>` stands for any text."""

    def check(value: str) -> str:
        for form in allowed:
            prefix, is_open, _ = form.partition("<")
            if value == form or (is_open and value.startswith(prefix) and value != prefix):
                return prefix + expand_home(value[len(prefix) :]) if is_open else value
        near = did_you_mean(value, [form for form in allowed if "<" not in form])
        raise ValueError(f"no such encoder; use one of {', '.join(allowed)}{near}")

    return check


class AudioSettings(Section):
    """`features.audio`."""

    encoder: Annotated[str, AfterValidator(one_of_encoders(AUDIO_ENCODERS))] = "moonshine-tiny"
    """Network that hears; hf: any speech model of the hub, or a folder with one; onnx: a file."""
    weights: PathText | None = None
    """A file or folder of weights instead of the standard place."""
    revision: str | None = None
    """Hf: the commit to pin."""
    last_layers: Annotated[int, Field(ge=1, le=48)] = 4
    """Hf: hidden layers that are summed."""
    max_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Longer utterances are cut into such pieces."""
    precision: Precision = "float32"
    """Numbers that the network computes in."""


class TextSettings(Section):
    """`features.text`."""

    encoder: Annotated[str, AfterValidator(one_of_encoders(TEXT_ENCODERS))] = "minilm"
    """Network that reads; hf: any text model of the hub, or a folder with one; onnx: a file."""
    weights: PathText | None = None
    """A file or folder of weights instead of the standard place."""
    revision: str | None = None
    """Hf: the commit to pin."""
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
    precision: Precision = "float32"
    """Numbers that the network computes in."""


class VisualSettings(Section):
    """`features.visual`."""

    encoder: Annotated[str, AfterValidator(one_of_encoders(VISUAL_ENCODERS))] = "mini-xception"
    """Network that looks at faces; torchvision: or hf: a model, or its folder; onnx: a file."""
    weights: PathText | None = None
    """A file or folder of weights instead of the standard place."""
    revision: str | None = None
    """Hf: the commit to pin."""
    scale_order: Literal["published", "head"] = "published"
    """Manet: order of the second chain."""
    precision: Precision = "float32"
    """Numbers that the network computes in."""


class FeaturesSettings(Section):
    """`features`: one encoder per modality."""

    audio: AudioSettings = AudioSettings()
    """Encoder of sound."""
    text: TextSettings = TextSettings()
    """Encoder of transcripts."""
    visual: VisualSettings = VisualSettings()
    """Encoder of faces."""
