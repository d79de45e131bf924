"""The libraries that compute a feature, and their versions: they decide its bytes as weights do.

Two versions of onnxruntime gave vectors up to 0.8 % apart. Names are those of distributions, so
that nothing is imported to know them.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

WAVEFORMS = ("av", "torch", "torchaudio")  # decoding and resampling
CROPS = ("pillow", "torch")  # JPEG to pixels, and arrays of them
DETECTORS: Mapping[str, tuple[str, ...]] = {
    "mtcnn": ("av", "opencv-python-headless", "facenet-pytorch", "torch", "torchvision"),
    "yunet": ("av", "opencv-python-headless"),
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
