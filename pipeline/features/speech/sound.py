"""The sound of a file for the speech stages: as one stream, or span by span, mono at 16 kHz."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from pipeline.media.arrays import Waveform
from pipeline.media.audio import Sound, read_sounds, uncancelled_channel
from pipeline.media.decoder import Decoder
from pipeline.media.errors import EmptySpanError, MediaError, SilentError, UnreadableError
from pipeline.media.grid import Span
from pipeline.media.resampling import Resampling
from pipeline.media.sound_service import decode_sound
from pipeline.media.speech_rate import SAMPLE_RATE_HZ
from pipeline.media.state import FileState

WHOLE: Span = (0.0, float("inf"))


class Stream:
    """All samples of a file, piece by piece; a MediaError says why there are none.

    Where a pass proves to be of channels that cancel each other, what was heard is void: another
    pass follows, of the loudest channel.
    """

    def __init__(self, decoder: Decoder, path: Path, state: FileState) -> None:
        self._cut = partial(decode_sound, decoder, path, [WHOLE], state=state)
        self._again: int | None = None

    def passes(self) -> Iterator[Iterator[Waveform]]:
        """One pass over the file, or two where the first must be forgotten."""
        yield self._pass(None)
        if self._again is not None:
            yield self._pass(self._again)

    def _pass(self, channel: int | None) -> Iterator[Waveform]:
        resampling: Resampling | None = None

        for piece in self._cut(channel=channel):
            resampling = resampling or Resampling(piece.rate_hz, SAMPLE_RATE_HZ)
            if len(piece.samples):
                resampling.add(piece.samples)
            yield from resampling.take()
            if piece.end is None:
                continue
            if piece.end.refusal:
                raise UnreadableError(piece.end.refusal)
            if not piece.end.found_s:
                raise EmptySpanError("the file has no sound")
            if channel is None:
                self._again = uncancelled_channel(piece.end)
            if self._again is None and resampling.is_zero:
                raise SilentError("all samples are zero")
            yield resampling.finish()


def read_spans(
    decoder: Decoder, path: Path, spans: Sequence[Span], state: FileState
) -> Iterator[tuple[int, Waveform | MediaError]]:
    """Yield (index, samples at 16 kHz or why there are none) of each span, in any order."""

    def cut(wanted: Sequence[Span], channel: int | None) -> Iterator[object]:
        return decode_sound(decoder, path, wanted, channel, state=state)

    for index, sound in read_sounds(cut, spans, SAMPLE_RATE_HZ):  # type: ignore[arg-type]
        yield index, sound.waveform if isinstance(sound, Sound) else sound
