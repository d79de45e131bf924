"""Which spans of a file are cut in one decode pass: no more sound waits at once than one may hold.

Spans that overlap wait in the memory of whoever takes their samples, each as long as it is. Spans
of utterances never come near the limit, and one pass serves all of them; many rows that reach to
the end of a long recording would.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.media.container import best_stream, duration_said, open_media
from pipeline.media.grid import Span


@dataclass
class _Pass:
    """Spans that are cut together."""

    indices: list[int] = field(default_factory=list)
    waiting: list[tuple[float, float]] = field(default_factory=list)  # end and length, seconds

    def waiting_s(self, start_s: float) -> float:
        """How much of earlier spans still waits at a time; asked in the order of time."""
        self.waiting = [(end_s, length_s) for end_s, length_s in self.waiting if end_s > start_s]
        return sum(length_s for _, length_s in self.waiting)


def in_passes(path: Path, spans: Sequence[Span], most_s: float) -> list[list[int]]:
    """Groups of spans (by index); those of a group that overlap are `most_s` seconds at most.

    A longer one has nobody beside it. Raises the MediaError of a file that does not open, where
    its length counts.
    """
    n_open = sum(math.isinf(end_s) for _, end_s in spans)
    known_s = sum(end_s - start_s for start_s, end_s in spans if not math.isinf(end_s))
    if n_open * most_s + known_s <= most_s or len(spans) == 1:
        return [list(range(len(spans)))]

    said_s = _length_said(path)
    passes: list[_Pass] = []
    for index in sorted(range(len(spans)), key=lambda index: spans[index]):
        start_s, end_s = spans[index]
        length_s = longest_s(spans[index], said_s, most_s)

        # The first pass that has room for it, else a new one.
        for chosen in passes:
            if chosen.waiting_s(start_s) + length_s <= most_s:
                break
        else:
            chosen = _Pass()
            passes.append(chosen)
        chosen.indices.append(index)
        chosen.waiting.append((end_s, length_s))
    return [chosen.indices for chosen in passes]


def longest_s(span: Span, said_s: float | None, unknown_s: float) -> float:
    """How long a span can be, by what the header says of its file; `unknown_s` if nothing is."""
    start_s, end_s = span
    end_s = end_s if said_s is None else min(end_s, said_s)
    return unknown_s if math.isinf(end_s) else max(end_s - start_s, 0.0)


def _length_said(path: Path) -> float | None:
    with open_media(path) as container:
        return duration_said(container, best_stream(container, "audio"))
