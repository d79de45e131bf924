"""Sound in batches of fixed shape, for a card: pieces of any utterances beside each other.

A waveform is filled up to the next of a fixed set of lengths, eight to an octave, which it alone
decides; at most an eighth of it is padding. A batch is as many rows as the setting allows of that
length. What a network makes of padding is hidden from what it makes of sound: that is the affair
of `frames`, and of models/encoders/wav2vec.py and masked_speech.py. Windows of fixed shape
(spectrograms) go as they are; spectrograms of the length of what is said (`banks`) are filled up to
as many frames as the filled waveform has.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.features.cache.extractor import Encoded, Extractor, Item
from pipeline.features.encoders.audio import SpeechEncoder, read_speech, speech_extractor
from pipeline.features.encoders.batched import Batched, BatchSize
from pipeline.features.encoders.card import NetworkOnCard
from pipeline.features.encoders.driver import Vector
from pipeline.features.encoders.pieces import Framing
from pipeline.media.arrays import Waveform
from pipeline.media.speech_rate import SAMPLE_RATE_HZ

STEPS = 8  # lengths to an octave
SHORTEST = STEPS * 1000  # samples: half a second
AHEAD = 64  # utterances
PROBES = (0.33, 0.8)  # seconds: filled up to 0.5 and to 0.8125
NEAR = {torch.float32: 1e-4, torch.bfloat16: 0.05, torch.float16: 0.01}  # relative, of rounding
Inputs = NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    """What a network reads at once: a waveform (S,), or a spectrogram of fixed shape."""

    values: Inputs
    n_samples: int  # of sound in it


def length_of(n_samples: int, longest: int) -> int:
    """Samples that a waveform is filled up to: 8 to 15 times 1000 times a power of two."""
    step = SHORTEST // STEPS
    while 2 * STEPS * step < n_samples:
        step *= 2
    length = max(SHORTEST, -(-n_samples // step) * step)
    return max(min(length, longest), n_samples)


class SpeechBatches:
    """Sums the frames of pieces, many at once."""

    def __init__(
        self,
        frames: Callable[[Tensor, Tensor], Tensor],
        framing: Framing,
        device: torch.device,
        seconds: int,
        spare: int = 0,
        *,
        banks: bool = False,
    ) -> None:
        """Of `frames`: inputs (R, ...), lengths (R,) in samples -> (R, T, D).

        `seconds`: of a batch, in all its rows; `spare` of these are never a piece's. `banks`:
        inputs are spectrograms with a row for each frame.
        """
        self._has_banks = banks
        self.framing, self.device, self.seconds, self._spare = framing, device, seconds, spare

        def summed(inputs: Tensor, lengths: Tensor) -> Tensor:
            """(R, D + 1): the sum of the real frames, and their number."""
            found = frames(inputs, lengths)
            n_frames = (lengths - framing.field) // framing.hop + 1
            is_padding = torch.arange(found.shape[1], device=found.device) >= n_frames[:, None]
            total = found.double().masked_fill(is_padding[:, :, None], 0).sum(dim=1)
            return torch.cat((total, n_frames[:, None].double()), dim=1)

        self._card = NetworkOnCard(summed, device)

    def shape_of(self, piece: Piece) -> tuple[int, ...]:
        """The shape that a piece is filled up to."""
        length = length_of(piece.n_samples, self.framing.max_samples)
        if piece.values.ndim == 1:
            return (length,)
        if self._has_banks:
            return (self.framing.n_frames(length), *piece.values.shape[1:])
        return piece.values.shape

    def rows(self, shape: tuple[int, ...]) -> int:
        """Pieces of that shape in a batch."""
        n_samples = shape[0] if len(shape) == 1 else self.framing.max_samples
        if self._has_banks:
            n_samples = self.framing.field + (shape[0] - 1) * self.framing.hop
        return max(1, self.seconds * SAMPLE_RATE_HZ // n_samples - self._spare)

    def start(self, shape: tuple[int, ...], pieces: list[Piece]) -> Callable[[], Vector]:
        """Begin with at most `rows(shape)` pieces; gives (n, D + 1)."""
        n_rows = self.rows(shape) + self._spare
        inputs = self._card.room((n_rows, *shape))
        lengths = self._card.room((n_rows,), torch.int64).fill_(self.framing.field)
        for row, piece in enumerate(pieces):
            place = inputs[row].numpy()
            place[: len(piece.values)] = piece.values
            place[len(piece.values) :] = 0
            lengths[row] = piece.n_samples
        inputs[len(pieces) :] = 0
        wait = self._card.start(inputs, lengths)
        return lambda: wait()[: len(pieces)]


def batched_speech(
    dim: int,
    encode: SpeechBatches,
    alone: SpeechEncoder,
    dtype: torch.dtype | None,
    spectrogram: Callable[[Waveform], Inputs] | None = None,
) -> Extractor:
    """An extractor of speech in batches; one by one where padding changes what a network says."""

    def prepare(waveforms: list[Waveform]) -> list[Piece]:
        ready = (
            piece
            for waveform in waveforms
            for piece in alone.framing.pieces(alone.prepare(waveform))
        )
        given = spectrogram or (lambda waveform: waveform)
        return [Piece(given(piece), len(piece)) for piece in ready]

    size = BatchSize("features.audio.batch_seconds", encode.seconds)
    with size.room_for("a batch", encode.device):
        is_hidden = _hides_padding(encode, alone, prepare, NEAR[dtype or torch.float32])
    if not is_hidden:
        print(
            "note: this encoder of speech minds padding: it reads one utterance at a time, slowly"
        )
        return speech_extractor(dim, alone)

    def read(items: Iterable[Item], n: int) -> Iterator[tuple[Item, Waveform | Encoded]]:
        return read_speech(items, n, alone.framing)

    return Batched(
        dim=dim,
        read=read,
        chunks=lambda waveform: iter([[waveform]]),
        prepare=prepare,
        shape_of=encode.shape_of,
        rows=encode.rows,
        start=encode.start,
        average=_mean,
        size=size,
        device=encode.device,
        ahead=AHEAD,
    )


def _mean(total: NDArray[np.float64] | float, _: int) -> NDArray[np.float64]:
    """The sum of all frames by their number, which stands behind it."""
    sums = np.asarray(total)
    mean: NDArray[np.float64] = sums[:-1] / sums[-1]
    return mean


def _hides_padding(
    encode: SpeechBatches,
    alone: SpeechEncoder,
    prepare: Callable[[list[Waveform]], list[Piece]],
    tolerance: float,
) -> bool:
    """Whether noises that are filled up have the vectors that they have alone."""
    for seconds in PROBES:
        n_samples = max(int(seconds * SAMPLE_RATE_HZ), encode.framing.field + encode.framing.hop)
        noise = np.random.default_rng(0).standard_normal(n_samples, np.float32)
        pieces = prepare([noise])

        try:
            found = sum(_one(encode, piece) for piece in pieces)
        except TypeError:  # it takes no mask
            return False

        expected = alone(noise)
        if not np.linalg.norm(_mean(found, 1) - expected) <= tolerance * np.linalg.norm(expected):
            return False
    return True


def _one(encode: SpeechBatches, piece: Piece) -> Any:
    return encode.start(encode.shape_of(piece), [piece])()[0].astype(np.float64)
