"""The libraries that compute a feature, and their versions: they decide its bytes as weights do.

Two versions of onnxruntime gave vectors up to 0.8 % apart. Names are those of distributions, so
that nothing is imported to know them. Left out: what only reads files whose digest is known, and
numpy where it adds, multiplies and sorts, which IEEE 754 settles.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

WAVEFORMS = ("av", "torch", "torchaudio")  # decoding and resampling
CROPS = ("pillow", "torch")  # JPEG to pixels, and arrays of them
WRITTEN = ("av", "opencv-python-headless", "pillow")  # pictures, scaled, as JPEG
MOUTHS = ("scipy", "torch", "torchaudio")  # whose mouth moves with the sound
DETECTORS: Mapping[str, tuple[str, ...]] = {
    "mtcnn": (*WRITTEN, *MOUTHS, "facenet-pytorch", "torchvision"),
    "yunet": (*WRITTEN, *MOUTHS),
}
# Distributions that give the same package, in the place of the one that we install.
STAND_INS = {
    "opencv-python-headless": ("opencv-python", "opencv-contrib-python-headless"),
    "onnxruntime": ("onnxruntime-gpu",),
}
ABSENT = "not installed"


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """Version by distribution, `not installed` for those that are not there."""
    return {name: _version(name) for name in sorted(set(names))}


@cache
def _version(name: str) -> str:
    for package in (name, *STAND_INS.get(name, ())):
        try:
            return version(package) if package == name else f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
    return ABSENT
