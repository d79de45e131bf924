"""The one way in which we open and decode media.

FFmpeg reads the given file and nothing else: it gets a Python file object, only the containers of
the list below (a playlist, an .sdp or an ffconcat file named .mp4 would name other files and
hosts), no protocol, and a refusal when a container asks for a second file (reading.md F.5).
What the system refuses (a disk that fails, rights, memory) is a ReadError, whatever FFmpeg makes of
it; only what a decoder says of bytes that could all be read is a property of the file.
Times are seconds of the presentation, counted from the container's start as players do.
"""

import errno
from collections.abc import Iterator
from contextlib import closing, contextmanager
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

from pipeline.media.errors import NoStreamError, ReadError, UnreadableError
from pipeline.media.state import file_state

# Containers that hold their own streams. Left out: hls, dash, concat, sdp, rtsp, image lists, tty.
CONTAINERS = (
    "mov,mp4,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,wav,w64,mp3,aac,ac3,flac,aiff,"
    "caf,au,amr,mxf,nut,ivf,h264,hevc,m4v,dv,rm,wtv"
)


# Of these the header says how long a stream is; of others FFmpeg guesses it from the bit rate.
SAYS_DURATION = ("mov", "matroska", "avi", "wav", "flac", "aiff", "caf", "au", "w64")


@dataclass
class Damage:
    """What of a stream did not decode, counted while it is read."""

    n_errors: int = 0
    first: str = ""
    last: str = ""

    def add(self, reason: str) -> None:
        """Count one more packet or frame that is lost; the first and last reasons are kept."""
        self.n_errors += 1
        self.first = self.first or reason
        self.last = reason

    @property
    def state(self) -> tuple[int, str]:
        """How many are lost by now, and why the last one."""
        return self.n_errors, self.last

    def describe(self) -> str:
        """How often and what, "" where nothing was lost."""
        return f"{self.n_errors} times, first: {self.first}" if self.n_errors else ""

    def alive(self) -> None:
        """Called for every packet that is read; who waits for a decoder may look at it."""


class Source:
    """A file as FFmpeg reads it, which remembers what the system refused."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.error: OSError | MemoryError | None = None
        self._file = path.open("rb")

    def read(self, n_bytes: int) -> bytes:
        """The next bytes."""
        try:
            return self._file.read(n_bytes)
        except (OSError, MemoryError) as error:
            self.error = self.error or error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            if error.errno != errno.EINVAL:  # a damaged header asks for a place before the file
                self.error = self.error or error
            raise

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open `path` for reading; raises NoMediaError, UnreadableError or ReadError.

    A ReadError may come at the end, too: FFmpeg takes a failing disk for the end of the file.
    """
    source = _open_source(path)
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
            _check_system(source.error or error, source.error)
            raise UnreadableError(f"not a media file that we read: {_reason(error)}") from error
        with container:
            yield container
            _check_system(source.error, source.error)


def _open_source(path: Path) -> Source:
    file_state(path)
    try:
        return Source(path)
    except OSError as error:
        raise ReadError(f"the file cannot be opened: {error.strerror}") from error


def _check_system(error: BaseException | None, refused: BaseException | None) -> None:
    """Raise a ReadError for what the system `refused`, or where memory ran out."""
    if refused is not None or is_out_of_memory(error):
        raise ReadError(f"the system failed while the file was read: {_reason(error)}") from error


def _reason(error: BaseException | None) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether Python or FFmpeg found no memory."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM


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


def duration_said(container: InputContainer, stream: Stream) -> float | None:
    """Seconds from the container's start to the end of a stream, where the header says it."""
    if not container.format.name.startswith(SAYS_DURATION):
        return None
    if stream.duration and stream.time_base is not None:
        begins = Fraction(stream.start_time or 0) * stream.time_base - start_of(container)
        return float(begins + stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


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
        except (av.error.FFmpegError, MemoryError) as error:
            _check_system(error, None)
            damage.add(f"a packet does not decode: {_reason(error)}")
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
        except (av.error.FFmpegError, OSError, MemoryError) as error:
            _check_system(error, None)
            damage.add(f"reading stopped: {_reason(error)}")  # what came before is good
            return
        damage.alive()
        yield packet


def _refuse_second_file(url: str, flags: int, options: dict[str, str]) -> Never:
    raise PermissionError(f"media may not open other files: {url!r}")
