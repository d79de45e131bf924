"""Frames and sound -> an AVI as the corpus has them: MPEG-4 video under DivX's tag, MP3 sound.

The file depends on its content alone: one encoder thread, bit-exact flags, no date, no version.
"""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from demo.portraits import Image
from pipeline.base.files import atomic_path

VIDEO_BITS_S, SOUND_BITS_S = 160_000, 48_000
KEY_FRAMES_APART = 90
SOUND_EVERY = 15  # frames of video between pieces of sound
# LAME begins with this many samples of its own (576 of the encoder, 529 of any decoder), and AVI
# cannot tell a player to skip them: as many are taken off the opening silence instead.
MP3_DELAY_SAMPLES = 1105


def write_avi(
    path: Path,
    frames: Iterable[Image],
    frame_rate: Fraction,
    sound: NDArray[np.int16],
    sample_rate_hz: int,
) -> None:
    """Write `frames`, (height, width, 3) RGB each, with mono `sound`, (n_samples,)."""
    if sound[:MP3_DELAY_SAMPLES].any():
        raise ValueError(f"{path}: sound must open with {MP3_DELAY_SAMPLES} silent samples")
    sound = np.append(sound[MP3_DELAY_SAMPLES:], np.zeros(MP3_DELAY_SAMPLES, np.int16))

    options = {"fflags": "+bitexact"}
    with (
        atomic_path(path) as temporary,
        av.open(str(temporary), "w", format="avi", container_options=options) as avi,
    ):
        video, audio = _video_stream(avi, frame_rate), _audio_stream(avi, sample_rate_hz)

        n_sent = 0
        for index, picture in enumerate(frames):
            avi.mux(video.encode(_video_frame(picture, index, frame_rate)))
            if index % SOUND_EVERY == 0:
                due = round((index + SOUND_EVERY) / frame_rate * sample_rate_hz)
                n_sent = _send_sound(avi, audio, sound, n_sent, due)
        _send_sound(avi, audio, sound, n_sent, len(sound))
        avi.mux(video.encode(None))
        avi.mux(audio.encode(None))


def _video_stream(avi: av.container.OutputContainer, rate: Fraction) -> av.VideoStream:
    stream = avi.add_stream("mpeg4", rate=rate)
    stream.width, stream.height, stream.pix_fmt = 720, 480, "yuv420p"
    context = stream.codec_context
    context.codec_tag, context.thread_count = "DIVX", 1
    context.bit_rate, context.gop_size = VIDEO_BITS_S, KEY_FRAMES_APART
    context.flags |= av.codec.context.Flags.bitexact
    return stream


def _audio_stream(avi: av.container.OutputContainer, rate_hz: int) -> av.AudioStream:
    stream = avi.add_stream("libmp3lame", rate=rate_hz, layout="mono")
    context = stream.codec_context
    context.format, context.bit_rate = "s16p", SOUND_BITS_S
    context.flags |= av.codec.context.Flags.bitexact
    return stream


def _video_frame(picture: Image, index: int, rate: Fraction) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.pts, frame.time_base = index, 1 / rate
    return frame


def _send_sound(
    avi: av.container.OutputContainer,
    audio: av.AudioStream,
    sound: NDArray[np.int16],
    n_sent: int,
    due: int,
) -> int:
    """Encode samples from `n_sent` on, before sample `due`; return how many are sent then."""
    piece = sound[n_sent:due]
    if not len(piece):
        return n_sent

    frame = av.AudioFrame.from_ndarray(piece[None], format="s16p", layout="mono")
    frame.sample_rate, frame.time_base = audio.rate, Fraction(1, audio.rate)
    frame.pts = n_sent + MP3_DELAY_SAMPLES  # or the first packet is early, and the video moved
    avi.mux(audio.encode(frame))
    return n_sent + len(piece)
