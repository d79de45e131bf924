"""Small copies of media that every browser plays: WebM with VP8 and Opus, at most 640 pixels wide.

Browsers play no .avi, and of other containers what they have a decoder for. Media are decoded in a
process with limits, as everywhere; times are those of the labels. Sound is mono at 16 kHz, and
waits on the disk until its pictures come.
"""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from pipeline.base.files import atomic_path, resolve_inside, with_room
from pipeline.features.speech.sound import WHOLE, Stream
from pipeline.media.decoder import Decoder
from pipeline.media.errors import (
    EmptySpanError,
    MediaError,
    NoStreamError,
    SilentError,
    UnreadableError,
)
from pipeline.media.frame_service import decode_frames
from pipeline.media.speech_rate import SAMPLE_RATE_HZ
from pipeline.media.state import FileState, file_state
from pipeline.media.video import Frame
from pipeline.tools.label.corpus import warn

FOLDER: Final = "copies"
FPS: Final = 15
WIDTH_PX: Final = 640
VIDEO_BITS_S, SOUND_BITS_S = 500_000, 32_000
CHUNK: Final = SAMPLE_RATE_HZ // 50  # samples that Opus takes at once
FAST: Final = {"deadline": "realtime", "cpu-used": "8"}
MILLISECOND: Final = Fraction(1, 1000)
# Of one stream: the other may be there.
NOT_THERE: Final = (NoStreamError, EmptySpanError, SilentError, UnreadableError)


def write_copies(out: Path, media: Iterable[str], videos: Path) -> Mapping[str, Path]:
    """A copy of each file of `videos`, by its name there; those that are newer than it stay."""
    copies = {}
    for name in media:
        path = resolve_inside(out / FOLDER, f"{with_room(name, len('.webm'))}.webm")
        try:
            state = file_state(videos / name)
            if not path.is_file() or path.stat().st_mtime_ns < state.mtime_ns:
                write_copy(path, videos / name, state)
            copies[name] = path
        except MediaError as error:
            warn(f"{videos / name} has no copy: {error.detail}")
    return copies


def write_copy(path: Path, source: Path, state: FileState) -> None:
    """Write one, whole or not at all; raises a MediaError where nothing of it can be decoded."""
    with Decoder() as decoder, TemporaryFile() as spool:
        n_samples = _spooled(Stream(decoder, source, state), spool)
        frames = _frames(decoder, source, state)
        first = next(frames, None)
        if first is None and not n_samples:
            raise NoStreamError("no picture and no sound of it can be decoded")

        options = {"fflags": "+bitexact"}
        with (
            atomic_path(path) as part,
            av.open(str(part), "w", format="webm", container_options=options) as container,
        ):
            video = None if first is None else _video_stream(container, first)
            audio = _audio_stream(container) if n_samples else None
            for frame in chain([first] if first else [], frames):
                _add_sound(container, audio, spool, frame.time_s)
                _add_picture(container, video, frame)
            _add_sound(container, audio, spool, np.inf)
            if video is not None:
                container.mux(video.encode(None))
            if audio is not None:
                container.mux(audio.encode(None))


def _spooled(stream: Stream, spool: IO[bytes]) -> int:
    """Write the samples of the last pass, which is the one that counts; how many there are."""
    n_samples = 0
    try:
        for pieces in stream.passes():
            spool.seek(0)
            spool.truncate()
            n_samples = 0
            for piece in pieces:
                spool.write(np.clip(32767 * piece, -32768, 32767).astype("<i2").tobytes())
                n_samples += len(piece)
    except NOT_THERE:
        n_samples = 0
    spool.seek(0)
    return n_samples


def _frames(decoder: Decoder, source: Path, state: FileState) -> Iterator[Frame]:
    """Pictures of the whole file; none where it has none."""
    try:
        yield from decode_frames(decoder, source, [WHOLE], FPS, state=state)
    except NOT_THERE:
        return


def _video_stream(container: OutputContainer, first: Frame) -> VideoStream:
    height, width = first.image.shape[:2]
    shrunk = min(1.0, WIDTH_PX / width)
    stream = container.add_stream("libvpx", rate=FPS, options=dict(FAST))
    stream.width, stream.height = (max(2, 2 * round(n * shrunk / 2)) for n in (width, height))
    stream.pix_fmt, stream.bit_rate = "yuv420p", VIDEO_BITS_S
    stream.codec_context.time_base = MILLISECOND
    stream.codec_context.thread_count = 1
    return stream


def _audio_stream(container: OutputContainer) -> AudioStream:
    stream = container.add_stream("libopus", rate=SAMPLE_RATE_HZ, layout="mono")
    stream.bit_rate = SOUND_BITS_S
    return stream


def _add_picture(container: OutputContainer, stream: VideoStream | None, frame: Frame) -> None:
    assert stream is not None  # there is one where there are frames
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.image), "rgb24")
    shown = picture.reformat(stream.width, stream.height, "yuv420p")
    shown.pts, shown.time_base = round(frame.time_s / MILLISECOND), MILLISECOND
    container.mux(stream.encode(shown))


def _add_sound(
    container: OutputContainer, stream: AudioStream | None, spool: IO[bytes], until_s: float
) -> None:
    """What of the spool is heard before a time; its end is filled up with silence."""
    while stream is not None and spool.tell() < 2 * SAMPLE_RATE_HZ * until_s:
        start = spool.tell() // 2
        samples = np.frombuffer(spool.read(2 * CHUNK), np.int16)
        if not len(samples):
            return
        padded = np.pad(samples, (0, CHUNK - len(samples)))[None]
        chunk = av.AudioFrame.from_ndarray(padded, "s16", "mono")
        chunk.sample_rate = SAMPLE_RATE_HZ
        chunk.pts, chunk.time_base = start, Fraction(1, SAMPLE_RATE_HZ)
        container.mux(stream.encode(chunk))
