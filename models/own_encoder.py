"""`EncoderInfo` and `Encoding`: what an encoder of your own says of itself, and what it gives.

Both are met in a module outside this repository, `encoder: my_package.my_module` (docs/extend.md):
`ENCODER` is an `EncoderInfo`, and `build(settings, weights, device)` returns an `Encoding`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.vocabulary import Modality


@dataclass(frozen=True)
class EncoderInfo:
    """An encoder of one modality.

    `settings` is a frozen dataclass all of whose fields have defaults and a docstring below them.
    """

    label: str  # what feature files call it
    modality: Modality
    settings: type
    libraries: tuple[str, ...] = ()  # distributions that compute: their versions decide, as code


@dataclass(frozen=True)
class Encoding:
    """How one utterance is encoded, alone, into `dim` numbers; arrays or tensors.

    audio: a mono float32 waveform (S,) in [-1, 1] at 16 kHz -> frames (T, dim), averaged;
    text: a transcript -> (dim,);
    visual: face crops, n of (H, W, 3) uint8 RGB of any size -> (n, dim), averaged.
    """

    dim: int
    encode: Callable[[Any], Any]
    shortest: int = 1  # audio: samples that one frame needs
