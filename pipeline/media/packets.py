"""Frames of a stream, packet by packet; what does not decode is counted and left out."""

from collections.abc import Iterator
from fractions import Fraction
from typing import overload

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.frame import Frame
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.media.damage import Damage
from pipeline.media.source import check_system, reason_of


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
            check_system(error, None)
            damage.add(f"a packet does not decode: {reason_of(error)}")
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
            check_system(error, None)
            damage.add(f"reading stopped: {reason_of(error)}")  # what came before is good
            return
        damage.alive()
        yield packet
