"""Silero VAD 6 (MIT, weights in the wheel of silero-vad): is somebody speaking, 32 ms by 32 ms.

The graph takes 512 samples at 16 kHz with the 64 before them, and a state that goes on; it gives
one probability. So it hears a stream of any length in memory that does not grow.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.features.speech.graphs import load_graph
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

CHUNK, BEFORE = 512, 64
STEP_S = CHUNK / SAMPLE_RATE_HZ
STATE_SHAPE = (2, 1, 128)


class SpeechDetector:
    """Hears one stream after the other; `start` begins a new one."""

    def __init__(self, path: Path) -> None:
        self._graph: Any = load_graph(path)
        self.start()

    def start(self) -> None:
        """Forget what was heard."""
        self._state = np.zeros(STATE_SHAPE, np.float32)
        self._before = np.zeros(BEFORE, np.float32)
        self._rest: Waveform = np.zeros(0, np.float32)

    def hear(self, samples: Waveform) -> NDArray[np.float32]:
        """Probabilities of the chunks that are complete with `samples`; the rest waits."""
        samples = np.concatenate([self._rest, samples])
        n_chunks = len(samples) // CHUNK
        self._rest = samples[n_chunks * CHUNK :]
        chunks = samples[: n_chunks * CHUNK].reshape(n_chunks, CHUNK)
        return np.array([self._probability(chunk) for chunk in chunks], np.float32)

    def finish(self) -> NDArray[np.float32]:
        """The probability of the last chunk, filled up with silence; empty where none waits."""
        if not len(self._rest):
            return np.zeros(0, np.float32)
        return self.hear(np.zeros(CHUNK - len(self._rest), np.float32))

    def whole(self, samples: Waveform) -> NDArray[np.float32]:
        """(ceil(S / 512),): probabilities of a waveform by itself."""
        self.start()
        return np.concatenate([self.hear(samples), self.finish()])

    def _probability(self, chunk: Waveform) -> float:
        inputs = {
            "input": np.concatenate([self._before, chunk])[None],
            "state": self._state,
            "sr": np.array(SAMPLE_RATE_HZ, np.int64),
        }
        probability, self._state = self._graph.run(None, inputs)
        self._before = chunk[-BEFORE:]
        return float(probability[0, 0])
