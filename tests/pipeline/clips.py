"""Clips made on the spot: sound and pictures whose content tells their time, and two portraits."""

from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import cv2
import numpy as np
import skimage
from matplotlib import get_data_path

CHUNK = 1024


def write_sound(
    path,
    samples,
    rate_hz=16000,
    codec="pcm_s16le",
    sample_format="s16",
    frame_format=None,
    layout=None,
    keep=lambda n_packet: True,
    delay_s=0.0,
    **options,
):
    """Write (channels, n) samples, without the packets that are not kept.

    `sample_format` is that of the codec, `frame_format` that of the samples where it is another.
    """
    samples = np.atleast_2d(samples)
    layout = layout or ("mono" if len(samples) == 1 else "stereo")
    frames = list(sound_frames(samples, rate_hz, frame_format or sample_format, layout))

    with av.open(str(path), "w", **options) as container:
        stream = container.add_stream(codec, rate=rate_hz)
        stream.layout = layout
        stream.codec_context.format = sample_format
        n_packets = 0
        for frame in [*frames, None]:
            if frame is not None:
                frame.pts += round(delay_s * rate_hz)
            for packet in stream.encode(frame):
                if keep(n_packets):
                    container.mux(packet)
                n_packets += 1

    return path


def sound_frames(samples, rate_hz, sample_format, layout):
    """(channels, n) samples as frames of `CHUNK` samples."""
    for start in range(0, samples.shape[1], CHUNK):
        chunk = samples[:, start : start + CHUNK]
        plane = chunk if sample_format.endswith("p") else chunk.T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(plane), sample_format, layout)
        frame.sample_rate = rate_hz
        frame.pts, frame.time_base = start, Fraction(1, rate_hz)
        yield frame


def write_video(
    path,
    pictures,
    times_s,
    codec="libx264",
    rate=25,
    rotation=0,
    sound=None,
    encoder_options=None,
    aspect=None,
    **options,
):
    """Write RGB pictures at their times; beside them int16 sound at 16 kHz if there is any.

    `aspect` is that of a pixel, as the codec and the container say it.
    """
    with av.open(str(path), "w", **options) as container:
        stream = container.add_stream(codec, rate=rate, options=encoder_options or {})
        pictures = iter(pictures)
        first = next(pictures)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        clock = Fraction(1, rate if codec == "mpeg4" else 90000)
        stream.codec_context.time_base = clock
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        if sound is not None:
            voice = container.add_stream("pcm_s16le", rate=16000, layout="mono")
            for frame in [*sound_frames(sound[None], 16000, "s16", "mono"), None]:
                container.mux(voice.encode(frame))
        for picture, time_s in zip(chain([first], pictures), times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.time_base = clock
            frame.pts = round(time_s / clock)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    return path


def portraits():
    """Grace Hopper (600 x 512) and Eileen Collins (512 x 512), RGB, both in the public domain."""
    paths = (
        Path(get_data_path(), "sample_data", "grace_hopper.jpg"),
        Path(skimage.__file__).parent / "data" / "astronaut.png",
    )
    return [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in paths]


def resized(picture, width, height):
    """An RGB picture at another size."""
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
