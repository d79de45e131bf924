"""Every frame of a waveform lies in exactly one piece, at its own samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.features.encoders.pieces import Framing, framing_of

WAV2VEC2 = ([10, 3, 3, 3, 3, 2, 2], [5, 2, 2, 2, 2, 2, 2])


def frames_of(waveform, framing):
    """First and last sample of every frame, naively."""
    starts = range(0, len(waveform) - framing.field + 1, framing.hop)
    return [(waveform[start], waveform[start + framing.field - 1]) for start in starts]


@given(
    n=st.integers(0, 900),
    field=st.integers(1, 40),
    hop=st.integers(1, 40),
    extra=st.integers(0, 90),
)
def test_pieces_hold_every_frame_once_and_in_order(n, field, hop, extra):
    framing = Framing(field, hop, field + extra)
    waveform = np.arange(n, dtype=np.float32)
    if framing.n_frames(n) == 0:
        assert n < field
        return
    pieces = framing.pieces(waveform)
    assert [frame for piece in pieces for frame in frames_of(piece, framing)] == frames_of(
        waveform, framing
    )
    assert all(len(piece) <= framing.max_samples for piece in pieces)


def test_pieces_are_of_nearly_equal_length():
    framing = Framing(400, 320, 16_000)
    lengths = [len(piece) for piece in framing.pieces(np.zeros(50_000, np.float32))]
    assert len(lengths) == 4
    assert max(lengths) - min(lengths) <= framing.hop


def test_convolutions_of_wav2vec2_see_400_samples_every_320():
    framing = framing_of(*WAV2VEC2, max_seconds=1.0, sample_rate_hz=16_000)
    assert framing == Framing(field=400, hop=320, max_samples=16_000)
    assert [framing.n_frames(n) for n in (399, 400, 719, 720)] == [0, 1, 1, 2]


def test_pieces_shorter_than_a_frame_are_refused():
    with pytest.raises(ValueError, match=r"max_seconds.*160 samples.*needs 400"):
        framing_of(*WAV2VEC2, max_seconds=0.01, sample_rate_hz=16_000)
