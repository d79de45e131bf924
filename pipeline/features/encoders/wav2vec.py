"""wav2vec (v1) large, Schneider et al. 2019: context features c, 512 (reading.md C.1).

Normalization runs over what is read at once, so an utterance longer than `max_seconds`, which goes
in pieces, differs from one that is read whole: a bound for memory, not a recipe. On a card
utterances go together, and norms see the real frames of each alone.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.wav2vec import CHANNELS, HOP_SAMPLES, RECEPTIVE_FIELD_SAMPLES, Wav2Vec
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.audio import SpeechEncoder, speech_extractor
from pipeline.features.encoders.pieces import Framing
from pipeline.features.encoders.speech_batches import SpeechBatches, batched_speech
from pipeline.features.encoders.torch_setup import check_precision, choose_device, wants_batches
from pipeline.features.weights.wav2vec_checkpoint import read_fairseq_wav2vec
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.audio` for the published fairseq checkpoint."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = Wav2Vec()
    model.load_state_dict(read_fairseq_wav2vec(weights.path))
    return extractor_of(model, settings, place, dtype)


def extractor_of(
    model: Wav2Vec, settings: Mapping[str, Any], place: torch.device, dtype: torch.dtype | None
) -> Extractor:
    """The extractor of a network: alone on a core, in batches on a card."""
    model.eval().to(device=place, dtype=dtype)

    def frames(waveform: Waveform) -> NDArray[np.float32]:
        with torch.inference_mode():
            context = model(torch.from_numpy(waveform)[None].to(device=place, dtype=dtype))
            array: NDArray[np.float32] = context[0].float().cpu().numpy()
            return array

    max_samples = int(settings["max_seconds"] * SAMPLE_RATE_HZ)
    framing = Framing(RECEPTIVE_FIELD_SAMPLES, HOP_SAMPLES, max_samples)
    alone = SpeechEncoder(frames, framing)
    if not wants_batches(place):
        return speech_extractor(CHANNELS, alone)

    def together(waveforms: Tensor, lengths: Tensor) -> Tensor:
        found: Tensor = model(waveforms.to(dtype=dtype), lengths)
        return found

    batches = SpeechBatches(together, framing, place, settings["batch_seconds"])
    return batched_speech(CHANNELS, batches, alone, dtype)
