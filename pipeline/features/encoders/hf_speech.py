"""Any speech model of transformers that reads waveforms: wav2vec 2.0, HuBERT, WavLM, data2vec.

Sum of the last hidden layers, mean over frames. The model's own feature extractor prepares the
whole utterance (zero mean, unit variance where it was trained so); nothing is padded, so that no
attention mask is needed and models with group norm are exact (FIELD 4.2).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.errors import CheckpointError
from pipeline.features.audio import SAMPLE_RATE_HZ, SpeechEncoder, speech_extractor
from pipeline.features.extractor import Extractor, Weights
from pipeline.features.pieces import Framing, Waveform, framing_of
from pipeline.features.pretrained import (
    check_layers,
    load_feature_extractor,
    load_model,
    sum_last,
)
from pipeline.features.torch_setup import check_precision, choose_device, inference


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.audio` for a model in a local folder."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = load_model(weights.path, place)
    last_layers = settings["last_layers"]
    check_layers(weights.path, model, last_layers)

    def frames(waveform: Waveform) -> NDArray[np.float32]:
        with inference(place, dtype):
            samples = torch.from_numpy(waveform)[None].to(place)
            states = model(samples, output_hidden_states=True).hidden_states
            array: NDArray[np.float32] = sum_last(states, last_layers).float().cpu().numpy()
            return array

    framing = _framing(weights, model, settings["max_seconds"])
    encode = SpeechEncoder(frames, framing, _preparation(weights))
    return speech_extractor(model.config.hidden_size, encode)


def _framing(weights: Weights, model: Any, max_seconds: float) -> Framing:
    kernels = getattr(model.config, "conv_kernel", None)
    strides = getattr(model.config, "conv_stride", None)
    if not kernels or not strides:
        raise CheckpointError(
            f"{weights.path}: {type(model).__name__} does not read waveforms; features.audio takes "
            "models of the kind of wav2vec2, hubert, wavlm and data2vec-audio"
        )
    return framing_of(list(kernels), list(strides), max_seconds, SAMPLE_RATE_HZ)


def _preparation(weights: Weights) -> Any:
    extractor = load_feature_extractor(weights.path)
    if extractor.sampling_rate != SAMPLE_RATE_HZ:
        raise CheckpointError(
            f"{weights.path}: made for {extractor.sampling_rate} Hz; expected {SAMPLE_RATE_HZ}"
        )

    def prepare(waveform: Waveform) -> Waveform:
        ready = extractor(waveform, sampling_rate=SAMPLE_RATE_HZ, return_tensors="np")
        array: Waveform = np.ascontiguousarray(ready["input_values"][0], dtype=np.float32)
        return array

    return prepare
