"""An encoder of your own for sound: a waveform (S,) at 16 kHz -> frames (T, D), averaged."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.audio import SpeechEncoder, speech_extractor
from pipeline.features.encoders.own import Twice, checked_vectors, own_encoding
from pipeline.features.encoders.pieces import Framing
from pipeline.features.encoders.torch_setup import check_precision, choose_device, inference
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.audio` for a module outside this repository."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    encoding = own_encoding("audio", settings, weights, place.type)

    def frames(waveform: Waveform) -> NDArray[np.float32]:
        with inference(place, dtype):
            found = encoding.encode(waveform)
        rows = checked_vectors(found, None, encoding, "audio", settings["encoder"])
        return rows.astype(np.float32)

    # A piece begins where the one before it ended, but for the samples of a frame.
    max_samples = int(settings["max_seconds"] * SAMPLE_RATE_HZ)
    framing = Framing(encoding.shortest, 1, max_samples)
    inner = speech_extractor(encoding.dim, SpeechEncoder(frames, framing))
    return Twice(inner, __name__, "audio", settings, weights, device)
