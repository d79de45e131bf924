"""Moonshine tiny (Jeffries et al. 2024): a waveform to 288-vectors, from moonshine-voice's wheel.

The graph of assets/tiny-en/encoder_model.ort takes `input_values` (1, S), raw samples at 16 kHz,
and `attention_mask` (1, S), and holds its own convolutions (127/64, 7/3, 3/2) without padding:
895 samples make the first frame, 384 each further one. Attention over frames grows with the square
of the length; hence `max_seconds`.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as state

from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.features.cache.extractor import Extractor, Weights
from pipeline.features.encoders.audio import SpeechEncoder, speech_extractor
from pipeline.features.encoders.pieces import MOONSHINE, framing_of
from pipeline.features.encoders.torch_setup import choose_device
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

DIM = 288
UNREADABLE = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf)


def build(settings: Mapping[str, Any], weights: Weights, device: str) -> Extractor:
    """The extractor of `features.audio` for Moonshine; it runs on the CPU whatever the device."""
    if settings["precision"] != "float32":
        raise SettingsError(
            f"features.audio.precision: {settings['precision']!r}: moonshine-tiny has float32 only"
        )
    choose_device("cpu")  # resampling is torch's: on one core as well
    framing = framing_of(*MOONSHINE, settings["max_seconds"], SAMPLE_RATE_HZ)
    return speech_extractor(DIM, SpeechEncoder(partial(_frames, _load(weights.path)), framing))


def _load(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # workers run side by side
    # They would keep the memory of the longest utterance, and some for each length ever seen.
    options.enable_cpu_mem_arena = options.enable_mem_pattern = False
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except UNREADABLE as error:
        raise CheckpointError(f"{path}: onnxruntime cannot load it: {error}") from error


def _frames(session: Any, waveform: Waveform) -> NDArray[np.float32]:
    """Samples (S,) -> (T, 288)."""
    mask = np.ones((1, len(waveform)), dtype=np.int64)
    inputs = {"input_values": waveform[None], "attention_mask": mask}
    frames: NDArray[np.float32] = session.run(None, inputs)[0][0]
    return frames
