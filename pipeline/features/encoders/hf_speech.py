"""Speech models of transformers: what reads waveforms, and what reads spectrograms.

Sum of the last hidden layers, mean over frames. wav2vec 2.0, HuBERT, WavLM and data2vec read
waveforms, as the encoder half of Moonshine does; their own feature extractor prepares the whole
utterance (zero mean, unit variance where it was trained so); nothing is padded, so that no
attention mask is needed and models with group norm are exact (reading.md F.4). w2v-BERT reads
filter banks. The encoder half of Whisper reads windows of 30 seconds, filled up with silence, and
the audio spectrogram transformer (AST) windows of 10.24 seconds; the frames that stand for sound
are averaged. A frame of AST is the mean over the patches of one time. On a card utterances go
together (pipeline.features.encoders.speech_batches).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.base.errors import CheckpointError
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.audio import SpeechEncoder, speech_extractor
from pipeline.features.encoders.masked_speech import MaskedMoonshine, MaskedSpeech
from pipeline.features.encoders.pieces import MOONSHINE, Framing, framing_of
from pipeline.features.encoders.speech_batches import SpeechBatches, batched_speech
from pipeline.features.encoders.torch_setup import check_precision, choose_device, wants_batches
from pipeline.features.weights.pretrained import (
    check_layers,
    load_feature_extractor,
    load_model,
    sum_last,
)
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

WHISPER_WINDOW_S = 30
WHISPER_FRAME = 320  # samples
BANK_FIELD, BANK_HOP = 400, 160  # of one filter bank, in AST: 25 ms, 10 ms apart
AST, N_AST_TOKENS = "audio-spectrogram-transformer", 2
BERT = "wav2vec2-bert"
SPECTRAL = {"whisper": "input_features", BERT: "input_features", AST: "input_values"}
BANKS_FIELD, BANKS_HOP = 560, 320  # w2v-BERT: two windows of 25 ms, 10 ms apart, make a frame


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.audio` for a model in a local folder."""
    place = choose_device(device)
    dtype = check_precision(settings, place)
    model = load_model(weights.path, place, dtype)
    last_layers = settings["last_layers"]
    framing = _framing(weights, model, settings["max_seconds"])
    check_layers(weights.path, model, last_layers)
    kind = model.config.model_type
    extractor = _feature_extractor(weights)

    def inputs_of(waveform: Waveform) -> NDArray[np.float32]:
        """What the network reads of a piece: itself, or its spectrogram."""
        if kind not in SPECTRAL:
            return waveform
        if kind == BERT:  # it would fill up an odd pair of windows
            n_frames = framing.n_frames(len(waveform))
            waveform = waveform[: framing.field + (n_frames - 1) * framing.hop]
        ready = extractor(waveform, sampling_rate=SAMPLE_RATE_HZ, return_tensors="pt")
        inputs: NDArray[np.float32] = ready[SPECTRAL[kind]][0].numpy()
        return inputs

    def states_of(inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """(R, ...), their lengths where they may be padded -> (R, T, D), sum of the last layers."""
        given = inputs.to(device=place, dtype=dtype)
        masks = {}
        if kind == BERT and lengths is not None:
            n_frames = (lengths[:, None] - framing.field) // framing.hop + 1
            steps = torch.arange(given.shape[1], device=given.device)
            masks["attention_mask"] = (steps < n_frames).long()
        found = model(given, output_hidden_states=True, **masks)
        summed = sum_last(found.hidden_states, last_layers)
        return _over_frequencies(model.config, summed) if kind == AST else summed

    def frames(waveform: Waveform) -> NDArray[np.float32]:
        with torch.inference_mode():
            summed = states_of(torch.from_numpy(inputs_of(waveform))[None])[0]
            array: NDArray[np.float32] = summed.cpu().numpy()
            return array[: framing.n_frames(len(waveform))]

    prepare = _as_it_is if kind in SPECTRAL else _preparation(extractor)
    dim, alone = model.config.hidden_size, SpeechEncoder(frames, framing, prepare)
    if not wants_batches(place):
        return speech_extractor(dim, alone)
    seconds = settings["batch_seconds"]
    if kind in SPECTRAL:
        has_banks = kind == BERT
        windows = SpeechBatches(states_of, framing, place, seconds, int(has_banks), banks=has_banks)
        return batched_speech(dim, windows, alone, dtype, inputs_of)
    masked = (MaskedMoonshine if kind == "moonshine" else MaskedSpeech)(
        model, framing, last_layers, dtype
    )
    return batched_speech(dim, SpeechBatches(masked, framing, place, seconds, 1), alone, dtype)


def _framing(weights: Weights, model: Any, max_seconds: float) -> Framing:
    kind = model.config.model_type
    # What reads spectrograms has windows of its own.
    if kind == "whisper":
        seconds = min(max_seconds, WHISPER_WINDOW_S)
        return Framing(WHISPER_FRAME, WHISPER_FRAME, int(seconds * SAMPLE_RATE_HZ))
    if kind == AST:
        samples = min(max_seconds * SAMPLE_RATE_HZ, model.config.max_length * BANK_HOP)
        field = BANK_FIELD + (model.config.patch_size - 1) * BANK_HOP
        return Framing(field, model.config.time_stride * BANK_HOP, int(samples))
    if kind == BERT:
        return Framing(BANKS_FIELD, BANKS_HOP, int(max_seconds * SAMPLE_RATE_HZ))

    # What reads waveforms convolves them as its configuration says.
    kernels = getattr(model.config, "conv_kernel", None)
    strides = getattr(model.config, "conv_stride", None)
    if kind == "moonshine":
        kernels, strides = MOONSHINE
    if not kernels or not strides:
        raise CheckpointError(
            f"{weights.path}: {type(model).__name__} does not read waveforms in a way that is "
            "known; features.audio takes wav2vec2, hubert, wavlm, data2vec-audio, wav2vec2-bert, "
            f"whisper, moonshine and {AST}, and any network as onnx:<file>"
        )

    return framing_of(list(kernels), list(strides), max_seconds, SAMPLE_RATE_HZ)


def _over_frequencies(config: Any, patches: Tensor) -> Tensor:
    """AST's two tokens and its patches (R, 2 + F * T, D), frequency by frequency -> (R, T, D)."""
    n_frequencies = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1
    n_rows, _, dim = patches.shape
    return patches[:, N_AST_TOKENS:].reshape(n_rows, n_frequencies, -1, dim).mean(dim=1)


def _feature_extractor(weights: Weights) -> Any:
    extractor = load_feature_extractor(weights.path)
    if extractor.sampling_rate != SAMPLE_RATE_HZ:
        raise CheckpointError(
            f"{weights.path}: made for {extractor.sampling_rate} Hz; expected {SAMPLE_RATE_HZ}"
        )
    return extractor


def _as_it_is(waveform: Waveform) -> Waveform:
    return waveform


def _preparation(extractor: Any) -> Callable[[Waveform], Waveform]:
    def prepare(waveform: Waveform) -> Waveform:
        ready = extractor(waveform, sampling_rate=SAMPLE_RATE_HZ, return_tensors="np")
        array: Waveform = np.ascontiguousarray(ready["input_values"][0], dtype=np.float32)
        return array

    return prepare
