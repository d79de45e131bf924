"""Words by Moonshine tiny (Jeffries et al. 2024, MIT): English, token by token, the likeliest.

The wheel of moonshine-voice carries the network as two graphs: `pipeline.features.encoders.
moonshine` tells the encoder's. The decoder has 6 layers of 8 heads, 36 numbers each, and keeps keys
and values of what it wrote. It takes a mask of samples, of which it looks at each 384th. Its own
library cuts and joins as it likes, and says nothing of how sure it is; here each turn is heard by
itself, and the mean log-probability of its tokens is known: near -0.3 in English, -1 and less where
it invents.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.base.errors import CheckpointError
from pipeline.features.speech.graphs import load_graph
from pipeline.features.speech.words import Words, without_loop
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

FRAME, FIRST_SAMPLES = 384, 895
HEADS, HEAD_WIDTH = 8, 36
BEGIN, END = 1, 2
TOKENS_PER_S = 6.5  # what the network was trained to write at most; more is a loop
BLANK = "\u2581"
PAST, PRESENT = "past_key_values", "present"


class Moonshine:
    """Both graphs and the tokens, from a folder of the wheel."""

    def __init__(self, folder: Path) -> None:
        self._encoder: Any = load_graph(folder / "encoder_model.ort")
        self._decoder: Any = load_graph(folder / "decoder_model_merged.ort")
        self._tokens = read_tokens(folder / "tokenizer.bin")
        self._pasts = [
            tensor.name for tensor in self._decoder.get_inputs() if tensor.name.startswith(PAST)
        ]
        self._outputs = [tensor.name for tensor in self._decoder.get_outputs()]

    def hear(self, samples: Waveform) -> Words:
        """What is said in at most a minute of sound; "" where it is too short to say anything."""
        if len(samples) < FIRST_SAMPLES:
            return Words("", None, 0)
        mask = np.ones((1, len(samples)), np.int64)
        (frames,) = self._encoder.run(None, {"input_values": samples[None], "attention_mask": mask})
        tokens, logs = self._write(frames, int(len(samples) / SAMPLE_RATE_HZ * TOKENS_PER_S) + 4)
        n_kept = without_loop(tokens)
        logs = logs if n_kept == len(tokens) else logs[:n_kept]
        text = b"".join(self._tokens[token] for token in tokens[:n_kept]).decode("utf-8", "replace")
        return Words(text.replace(BLANK, " ").strip(), float(np.mean(logs)), len(logs))

    def _write(self, frames: NDArray[np.float32], most: int) -> tuple[list[int], list[float]]:
        """Tokens without the last, which ends the text, and the log-probability of each."""
        n_frames = frames.shape[1]
        lengths = [0 if ".decoder." in name else n_frames for name in self._pasts]
        empty = [np.zeros((1, HEADS, length, HEAD_WIDTH), np.float32) for length in lengths]
        past = dict(zip(self._pasts, empty, strict=True))
        given = {
            "encoder_hidden_states": frames,
            "encoder_attention_mask": np.ones((1, FRAME * n_frames), np.int64),
        }
        known = {tensor.name for tensor in self._decoder.get_inputs()}
        given = {name: value for name, value in given.items() if name in known}

        tokens: list[int] = []
        logs: list[float] = []
        last, goes_on = BEGIN, False
        for _ in range(most):
            step = {"input_ids": np.array([[last]]), "use_cache_branch": np.array([goes_on])}
            found = self._decoder.run(None, {**given, **step, **past})
            results = dict(zip(self._outputs, found, strict=True))
            last, log = _likeliest(results["logits"][0, -1])
            logs.append(log)
            if last == END:
                break
            tokens.append(last)
            for name in self._pasts:
                # Of the sound, keys and values are made once, at the first step.
                if not goes_on or ".decoder." in name:
                    past[name] = results[name.replace(PAST, PRESENT)]
            goes_on = True
        return tokens, logs


def read_tokens(path: Path) -> list[bytes]:
    """Tokens of tokenizer.bin: a length (7 bits, 7 more if the first bit is set), then bytes."""
    content, place = path.read_bytes(), 0
    tokens: list[bytes] = []

    while place < len(content):
        length = content[place]
        place += 1
        if length >= 128:
            if place >= len(content):
                break
            length += 128 * content[place] - 128
            place += 1
        tokens.append(content[place : place + length])
        place += length

    if place != len(content) or len(tokens) < END + 1:
        raise CheckpointError(f"{path}: not a list of tokens (token {len(tokens)} is cut off)")
    return tokens


def _likeliest(logits: NDArray[np.float32]) -> tuple[int, float]:
    """The token of the largest logit and the logarithm of its probability."""
    shifted = logits.astype(np.float64) - float(logits.max())
    token = int(shifted.argmax())
    return token, float(shifted[token] - np.log(np.exp(shifted).sum()))
