"""The one way in which we open and decode media.

FFmpeg reads the given file and nothing else: it gets a Python file object, only the containers of
the list below (a playlist, an .sdp or an ffconcat file named .mp4 would name other files and
hosts), no protocol, and a refusal when a container asks for a second file (FIELD 5).
Times are seconds of the presentation, counted from the container's start as players do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, Never, overload

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.frame import Frame
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.media.errors import NoMediaError, NoStreamError, UnreadableError

# Containers that hold their own streams. Left out: hls, dash, concat, sdp, rtsp, image lists, tty.
CONTAINERS = (
    "mov,mp4,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,wav,w64,mp3,aac,ac3,flac,aiff,"
    "caf,au,amr,mxf,nut,ivf,h264,hevc,m4v,dv,rm,wtv"
)


@dataclass
class Damage:
    """What of a stream did not decode, counted while it is read."""

    n_errors: int = 0
    first: str = ""

    def add(self, reason: str) -> None:
        """Count one more packet or frame that is lost; the first reason is kept."""
        self.n_errors += 1
        self.first = self.first or reason


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open `path` for reading; raises NoMediaError or UnreadableError."""
    if not path.is_file():
        raise NoMediaError("no such file")
    try:
        stream = path.open("rb")
    except OSError as error:
        raise UnreadableError(f"the file cannot be opened: {error.strerror}") from error
    with stream:
        try:
            container = av.open(
                stream,
                mode="r",
                container_options={"format_whitelist": CONTAINERS, "protocol_whitelist": "none"},
                metadata_errors="ignore",
                io_open=_refuse_second_file,
            )
        except (av.error.FFmpegError, OSError) as error:
            raise UnreadableError(f"not a media file that we read: {error.strerror}") from error
        with container:
            yield container


@overload
def best_stream(container: InputContainer, kind: Literal["audio"]) -> AudioStream: ...
@overload
def best_stream(container: InputContainer, kind: Literal["video"]) -> VideoStream: ...
def best_stream(container: InputContainer, kind: Literal["audio", "video"]) -> Stream:
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


@overload
def decode(c: InputContainer, stream: AudioStream, damage: Damage) -> Iterator[AudioFrame]: ...
@overload
def decode(c: InputContainer, stream: VideoStream, damage: Damage) -> Iterator[VideoFrame]: ...
def decode(c: InputContainer, stream: Stream, damage: Damage) -> Iterator[Frame]:
    """Frames of a stream of `c` in order of presentation; what does not decode is counted.

    One thread: several would keep more frames, and conceal errors in another way each time.
    """
    stream.codec_context.thread_count = 1
    for packet in _packets(c, stream, damage):
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            damage.add(f"a packet does not decode: {error.strerror}")
            continue
        for frame in frames:
            assert isinstance(frame, Frame)
            if frame.is_corrupt:
                damage.add("a frame is corrupt")
            else:
                yield frame


def stamp_of(frame: Frame) -> Fraction | None:
    """When `frame` is presented, in seconds of the container's own time."""
    # Where a container has no presentation stamps, the decoding stamp is the frame's place.
    stamp = frame.dts if frame.pts is None else frame.pts
    return None if stamp is None or frame.time_base is None else stamp * frame.time_base


def _packets(c: InputContainer, stream: Stream, damage: Damage) -> Iterator["Packet[Stream]"]:
    """Packets of a stream up to the end or to where reading stops."""
    packets = c.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except IndexError:
            # PyAV knows only streams of the header; a packet of a later one ends its iterator.
            damage.add("a packet belongs to a stream that the header does not list")
            packets = c.demux(stream)
            continue
        except (av.error.FFmpegError, OSError) as error:
            damage.add(f"reading stopped: {error.strerror}")  # what came before is good
            return
        yield packet


def _refuse_second_file(url: str, flags: int, options: dict[str, str]) -> Never:
    raise PermissionError(f"media may not open other files: {url!r}")
