"""Spans of sound that another process cuts out: what it answers, and what is made of that."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.media.cut_short import cut_short
from pipeline.media.cutting import SoundEnd, SoundPiece, cut_sound
from pipeline.media.damage import Damage
from pipeline.media.decoder import Decoder
from pipeline.media.grid import Span
from pipeline.media.state import FileState


def decode_sound(
    decoder: Decoder,
    path: Path,
    spans: Sequence[Span],
    channel: int | None = None,
    damage: Damage | None = None,
    state: FileState | None = None,
) -> Iterator[SoundPiece]:
    """See `cut_sound`; a file that leaves `state` gives a ReadError."""
    for facts, payload in decoder.ask("sound", path, spans, damage, state, channel=channel):
        end = facts["end"]
        if end is not None:
            end = SoundEnd(**{**end, "channel_powers": tuple(end["channel_powers"])})
        samples = np.frombuffer(payload, np.float32)
        yield SoundPiece(facts["index"], facts["rate_hz"], samples, end)


def answers(request: dict[str, Any], damage: Damage) -> Iterator[tuple[dict[str, Any], Any]]:
    """Cut the spans of a request; this runs in the process that decodes."""
    if told := cut_short(Path(request["path"])):
        damage.add(told)
    spans = [(start_s, math.inf if end_s is None else end_s) for start_s, end_s in request["spans"]]
    for piece in cut_sound(Path(request["path"]), spans, request["channel"], damage):
        end = None if piece.end is None else asdict(piece.end)
        yield {"index": piece.index, "rate_hz": piece.rate_hz, "end": end}, piece.samples.tobytes()
