"""Frames that another process decodes: what it answers, and what is made of that."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.media.cut_short import cut_short
from pipeline.media.damage import Damage
from pipeline.media.decoder import Decoder
from pipeline.media.grid import Span
from pipeline.media.state import FileState
from pipeline.media.video import Extent, Frame, sample_frames


def decode_frames(
    decoder: Decoder,
    path: Path,
    spans: Sequence[Span],
    fps: float,
    damage: Damage | None = None,
    extent: Extent | None = None,
    *,
    state: FileState | None = None,
) -> Iterator[Frame]:
    """See `sample_frames`; a file that leaves `state` gives a ReadError."""
    if not spans:
        return
    extent = Extent() if extent is None else extent
    for facts, payload in decoder.ask("frames", path, spans, damage, state, fps=fps):
        for name, value in facts["extent"].items():
            setattr(extent, name, value)

        # The last answer carries no picture, only where the pictures end.
        if facts["spans"] is not None:
            image = np.frombuffer(payload, np.uint8).reshape(facts["shape"])
            lost = (facts["lost"][0], facts["lost"][1])
            yield Frame(tuple(facts["spans"]), facts["time_s"], image, lost)


def answers(request: dict[str, Any], damage: Damage) -> Iterator[tuple[dict[str, Any], Any]]:
    """Sample the frames of a request; this runs in the process that decodes."""
    if told := cut_short(Path(request["path"])):
        damage.add(told)
    spans = [(start_s, math.inf if end_s is None else end_s) for start_s, end_s in request["spans"]]
    extent = Extent()
    for frame in sample_frames(Path(request["path"]), spans, request["fps"], damage, extent):
        facts = {"spans": frame.spans, "time_s": frame.time_s, "extent": asdict(extent)}
        facts |= {"shape": frame.image.shape, "lost": frame.lost}
        yield facts, frame.image.data.cast("B")
    yield {"extent": asdict(extent), "spans": None}, b""
