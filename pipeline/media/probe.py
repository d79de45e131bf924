"""What is in a media file: container, streams, durations in seconds, how pictures are shown."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Stream

from pipeline.media.container import best_stream, open_media
from pipeline.media.damage import Damage
from pipeline.media.errors import MediaError, NoStreamError
from pipeline.media.packets import decode
from pipeline.media.shown import orientation_of, pixel_aspect, square_size

__all__ = ["AudioInfo", "MediaError", "MediaInfo", "VideoInfo", "probe"]


@dataclass(frozen=True)
class AudioInfo:
    """The audio stream that is read; None where the file does not say."""

    codec: str
    duration_s: float | None
    sample_rate_hz: int
    n_channels: int


@dataclass(frozen=True)
class VideoInfo:
    """The video stream that is read; width and height are those of the picture as shown."""

    codec: str
    duration_s: float | None
    fps: float | None  # average
    rotation_deg: int  # counterclockwise turn from the stored to the shown picture
    is_mirrored: bool  # left and right of the stored picture are exchanged before that turn
    width_px: int
    height_px: int


@dataclass(frozen=True)
class MediaInfo:
    """What is in a file; None where there is no stream, or none of whose frames decodes."""

    container: str
    duration_s: float | None
    audio: AudioInfo | None
    video: VideoInfo | None


def probe(path: Path) -> MediaInfo:
    """Describe `path` by its header and first frames; raises MediaError if it does not open."""
    with open_media(path) as container:
        duration = container.duration
        name = container.format.name
        audio = _audio_info(container)
    with open_media(path) as container:
        video = _video_info(container)
    return MediaInfo(name, None if duration is None else duration / av.time_base, audio, video)


def _audio_info(container: InputContainer) -> AudioInfo | None:
    try:
        stream = best_stream(container, "audio")
    except NoStreamError:
        return None

    # The first frame knows better than the header: HE-AAC doubles the rate, mono may be stereo.
    frame = next(decode(container, stream, Damage()), None)
    if frame is None:
        return None
    return AudioInfo(
        codec=stream.codec_context.name,
        duration_s=_duration_s(stream),
        sample_rate_hz=frame.sample_rate,
        n_channels=frame.layout.nb_channels,
    )


def _video_info(container: InputContainer) -> VideoInfo | None:
    try:
        stream = best_stream(container, "video")
    except NoStreamError:
        return None
    frame = next(decode(container, stream, Damage()), None)
    if frame is None:
        return None

    # What players show: turned, with square pixels.
    orientation = orientation_of(frame)
    width, height = square_size(frame, pixel_aspect(stream))
    if orientation.is_transposed:
        width, height = height, width
    return VideoInfo(
        codec=stream.codec_context.name,
        duration_s=_duration_s(stream),
        fps=float(stream.average_rate) if stream.average_rate else None,
        rotation_deg=orientation.rotation_deg,
        is_mirrored=orientation.is_mirrored,
        width_px=width,
        height_px=height,
    )


def _duration_s(stream: Stream) -> float | None:
    if stream.duration is None or stream.time_base is None:
        return None
    return float(stream.duration * stream.time_base)
