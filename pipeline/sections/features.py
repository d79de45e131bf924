"""`features`: one encoder per modality."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipeline.settings import Section

MODEL = "<model id or folder>"
AUDIO_ENCODERS = ("moonshine-tiny", "wav2vec", f"hf:{MODEL}")
TEXT_ENCODERS = ("minilm", "deberta", f"hf:{MODEL}")
VISUAL_ENCODERS = ("mini-xception", "manet", "torchvision:<name>", f"hf:{MODEL}")


def one_of_encoders(allowed: tuple[str, ...]) -> Callable[[str], str]:
    """A check that a value is one of `allowed`, where `<...>` stands for any text."""

    def check(value: str) -> str:
        for form in allowed:
            prefix, is_open, _ = form.partition("<")
            if value == form or (is_open and value.startswith(prefix) and value != prefix):
                return value
        raise ValueError(f"no such encoder; use one of {', '.join(allowed)}")

    return check


class AudioSettings(Section):
    """`features.audio`."""

    encoder: Annotated[str, AfterValidator(one_of_encoders(AUDIO_ENCODERS))] = "moonshine-tiny"
    weights: str | None = None  # a local file or folder instead of the standard place
    revision: str | None = None  # hf: commit to pin
    last_layers: Annotated[int, Field(ge=1, le=48)] = 4  # hf: hidden layers summed
    max_seconds: Annotated[float, Field(gt=0)] = 60.0  # longer utterances are cut into such pieces
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


class TextSettings(Section):
    """`features.text`."""

    encoder: Annotated[str, AfterValidator(one_of_encoders(TEXT_ENCODERS))] = "minilm"
    weights: str | None = None
    revision: str | None = None
    last_layers: Annotated[int, Field(ge=1, le=48)] = 4  # hf, deberta: hidden layers summed
    lower_case: bool = True  # hf, deberta; `compat: gcnet` always does
    pooling: Literal["words", "tokens"] = "words"  # hf, deberta
    compat: Literal["none", "gcnet"] = "none"  # gcnet: sub-sentences, cleaned words (FACTS C.2)
    max_tokens: Annotated[int, Field(ge=8, le=8192)] = 512  # longer texts are read in windows
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


class VisualSettings(Section):
    """`features.visual`."""

    encoder: Annotated[str, AfterValidator(one_of_encoders(VISUAL_ENCODERS))] = "mini-xception"
    weights: str | None = None
    revision: str | None = None
    scale_order: Literal["published", "head"] = "published"  # manet: order of the second chain
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


class FeaturesSettings(Section):
    """`features`: one encoder per modality."""

    audio: AudioSettings = AudioSettings()
    text: TextSettings = TextSettings()
    visual: VisualSettings = VisualSettings()
