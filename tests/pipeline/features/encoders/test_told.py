"""Inside one long utterance an extractor says how far it is, and its vectors stay as they are."""

import numpy as np
import pytest

from pipeline.base.records import Utterance
from pipeline.features.cache.extractor import Item
from pipeline.features.encoders.audio import SpeechEncoder
from pipeline.features.encoders.driver import Overlapped
from pipeline.features.encoders.pieces import Framing
from pipeline.features.encoders.told import encoding_told

ITEM = Item(Utterance("u", "d", 0, "s", "1", "a.wav", 0.0, 1.0, "full", "long"))
WAVEFORM = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
SPEECH = SpeechEncoder(
    lambda piece: piece[: len(piece) // 10 * 10].reshape(-1, 10), Framing(10, 10, 250)
)


def windows(given):
    return np.array([sum(given), len(given)], np.float32)


@pytest.mark.parametrize(
    ("given", "dim", "embed", "n_pieces"),
    [(WAVEFORM, 10, SPEECH, 4), (WAVEFORM[:200], 10, SPEECH, 1), ([1, 2, 3], 2, windows, 3)],
)
def test_pieces_are_counted_and_vectors_are_the_same(given, dim, embed, n_pieces):
    extractor = Overlapped(dim, lambda items: ((item, given) for item in items), embed)
    said = []
    (silent,), (loud,) = (
        extractor.encode([ITEM]),
        encoding_told(extractor, said.append).encode([ITEM]),
    )
    assert loud.vector.tobytes() == silent.vector.tobytes()
    assert said == [f"{n} of {n_pieces} pieces of one utterance" for n in range(1, n_pieces)]


def test_another_extractor_is_left_alone():
    other = object()
    assert encoding_told(other, print) is other
