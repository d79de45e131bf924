"""`features`: one encoder per modality."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.settings import Section


class AudioSettings(Section):
    """`features.audio`."""

    encoder: str = "moonshine-tiny"  # moonshine-tiny | wav2vec | hf:<model id or folder>
    weights: str | None = None  # a local file or folder instead of the standard place
    revision: str | None = None  # hf: commit to pin
    last_layers: Annotated[int, Field(ge=1, le=48)] = 4  # hf: hidden layers summed
    max_seconds: Annotated[float, Field(gt=0)] = 60.0  # longer utterances are cut into such pieces
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


class TextSettings(Section):
    """`features.text`."""

    encoder: str = "minilm"  # minilm | deberta | hf:<model id or folder>
    weights: str | None = None
    revision: str | None = None
    last_layers: Annotated[int, Field(ge=1, le=48)] = 4
    lower_case: bool = True
    pooling: Literal["words", "tokens"] = "words"
    compat: Literal["none", "gcnet"] = "none"  # gcnet: sub-sentences, cleaned words (FACTS C.2)
    max_tokens: Annotated[int, Field(ge=8, le=8192)] = 512
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


class VisualSettings(Section):
    """`features.visual`."""

    encoder: str = "mini-xception"  # mini-xception | manet | torchvision:<name> | hf:<model>
    weights: str | None = None
    revision: str | None = None
    scale_order: Literal["published", "head"] = "published"  # manet: order of the second chain
    precision: Literal["float32", "bfloat16", "float16"] = "float32"


class FeaturesSettings(Section):
    """`features`: one encoder per modality."""

    audio: AudioSettings = AudioSettings()
    text: TextSettings = TextSettings()
    visual: VisualSettings = VisualSettings()
