"""The one way in which we open and decode media.

FFmpeg reads the given file and nothing else: it gets a Python file object, only the containers of
the list below (a playlist, an .sdp or an ffconcat file named .mp4 would name other files and
hosts), no protocol, and a refusal when a container asks for a second file (reading.md F.5).
Times are seconds of the presentation, counted from the container's start as players do.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Literal, Never, get_args, overload

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from pipeline.media.errors import NoStreamError, UnreadableError
from pipeline.media.source import check_system, open_source, reason_of

Kind = Literal["audio", "video"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Containers that hold their own streams. Left out: hls, dash, concat, sdp, rtsp, image lists, tty.
CONTAINERS = (
    "mov,mp4,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,wav,w64,mp3,aac,ac3,flac,aiff,"
    "caf,au,amr,mxf,nut,ivf,h264,hevc,m4v,dv,rm,wtv"
)
# Of these the header says how long a stream is; of others FFmpeg guesses it from the bit rate.
SAYS_DURATION = ("mov", "matroska", "avi", "wav", "flac", "aiff", "caf", "au", "w64")


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open `path` for reading; raises NoMediaError, UnreadableError or ReadError.

    A ReadError may come at the end, too: FFmpeg takes a failing disk for the end of the file.
    """
    source = open_source(path)
    with closing(source):
        try:
            container = av.open(
                source,
                mode="r",
                container_options={"format_whitelist": CONTAINERS, "protocol_whitelist": "none"},
                metadata_errors="ignore",
                io_open=_refuse_second_file,
            )
        except (av.error.FFmpegError, OSError, MemoryError) as error:
            check_system(source.error or error, source.error)
            raise UnreadableError(f"not a media file that we read: {reason_of(error)}") from error

        # What the disk refused ends up here as the end of the file.
        with container:
            yield container
            check_system(source.error, source.error)


@overload
def best_stream(container: InputContainer, kind: Literal["audio"]) -> AudioStream: ...
@overload
def best_stream(container: InputContainer, kind: Literal["video"]) -> VideoStream: ...
def best_stream(container: InputContainer, kind: Kind) -> Stream:
    """The stream that players choose; cover pictures and unknown codecs do not count."""
    chosen = container.streams.best(kind)
    streams = [] if chosen is None else [chosen]
    streams += [stream for stream in container.streams if stream.type == kind]
    for stream in streams:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    raise NoStreamError(f"the file has no {kind} stream that can be decoded")


def start_of(container: InputContainer) -> Fraction:
    """The container's own time that counts as 0, in seconds."""
    return Fraction(container.start_time or 0, av.time_base)


def duration_said(container: InputContainer, stream: Stream) -> float | None:
    """Seconds from the container's start to the end of a stream, where the header says it."""
    if not container.format.name.startswith(SAYS_DURATION):
        return None
    if stream.duration and stream.time_base is not None:
        begins = Fraction(stream.start_time or 0) * stream.time_base - start_of(container)
        return float(begins + stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _refuse_second_file(url: str, flags: int, options: dict[str, str]) -> Never:
    raise PermissionError(f"media may not open other files: {url!r}")
