"""Extractors that say how far they are inside one long utterance.

The encoders know nothing of it: their code decides the keys of the cache.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pipeline.features.cache.extractor import Extractor
from pipeline.features.encoders.driver import Overlapped, Vector

Say = Callable[[str], None]


def encoding_told(extractor: Extractor, say: Say) -> Extractor:
    """The same extractor; `say` hears "12 of 120 pieces of one utterance", from any thread."""
    if not isinstance(extractor, Overlapped):
        return extractor
    encode: Any = extractor.embed
    framing = getattr(encode, "framing", None)
    if framing is not None:  # of sound, which is cut where it is encoded
        return replace(extractor, embed=replace(encode, framing=_ToldFraming(framing, say)))

    def embed(given: Any) -> Vector:
        vector: Vector = encode(_Counted(given, say) if isinstance(given, list) else given)
        return vector

    return replace(extractor, embed=embed)


class _Counted(list[Any]):
    """A list that tells how far somebody who goes through it is."""

    def __init__(self, pieces: list[Any], say: Say) -> None:
        super().__init__(pieces)
        self._say = say

    def __iter__(self) -> Iterator[Any]:
        for number, piece in enumerate(super().__iter__()):
            if number:
                self._say(f"{number} of {len(self)} pieces of one utterance")
            yield piece


class _ToldFraming:
    """The pieces of a framing, counted."""

    def __init__(self, framing: Any, say: Say) -> None:
        self._framing, self._say = framing, say

    def pieces(self, waveform: Any) -> _Counted:
        return _Counted(self._framing.pieces(waveform), self._say)
