"""Frames that say how far in their file they are: one interview may take an hour."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.features.faces.second_look import Frames
from pipeline.media.damage import Damage
from pipeline.media.grid import Span
from pipeline.media.video import Extent, Frame


def decoding_told(frames: Frames, name: str, say: Callable[[str], None]) -> Frames:
    """The same frames; `say` hears "42 of 180 s of NAME", up to where the last span ends."""

    def follow(
        path: Path, spans: Sequence[Span], fps: float, damage: Damage, extent: Extent
    ) -> Iterator[Frame]:
        last_s = max(end_s for _, end_s in spans)
        for frame in frames(path, spans, fps, damage, extent):
            end_s = min(last_s, math.inf if extent.said_s is None else extent.said_s)
            of_all = "" if math.isinf(end_s) else f" of {end_s:.0f}"
            say(f"{frame.time_s:.0f}{of_all} s of {name}")
            yield frame

    return follow
