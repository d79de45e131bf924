"""Which of the files beside a video tells its utterances, and what it tells.

A table of a person comes before all (then nothing here runs); then .eaf, .TextGrid, .json of
Whisper or whisperX, .vtt, .srt, and .rttm, which tells speakers: alone, its turns are the
utterances and their words are heard; beside a transcript without speakers, it names them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.base.files import UnsafePathError, resolve_inside
from pipeline.corpora.found import SPEAKERS_ONLY
from pipeline.corpora.transcripts.eaf import parse_eaf
from pipeline.corpora.transcripts.reading import NoTranscriptError, TranscriptError, read_text
from pipeline.corpora.transcripts.rttm import parse_rttm, with_speakers
from pipeline.corpora.transcripts.subtitles import parse_srt, parse_vtt
from pipeline.corpora.transcripts.textgrid import parse_textgrid
from pipeline.corpora.transcripts.whisper_json import parse_json
from pipeline.corpora.turns import Turn

READERS: dict[str, Callable[[str, str], list[Turn]]] = {
    ".eaf": parse_eaf,
    ".textgrid": parse_textgrid,
    ".json": parse_json,
    ".vtt": parse_vtt,
    ".srt": parse_srt,
    SPEAKERS_ONLY: parse_rttm,
}


@dataclass(frozen=True)
class Transcribed:
    """What files beside a video say: which one counts, its turns, and what else is to be known."""

    source: str
    turns: tuple[Turn, ...]
    note: str


def told_beside(root: Path, names: Sequence[str], links: Sequence[str] = ()) -> Transcribed | None:
    """What the first of `names` (paths below `root`, in their rank) says; None if none does.

    TranscriptError where it is broken: nothing is guessed in its place.
    """
    passed_over: list[str] = []
    read: list[tuple[str, list[Turn]]] = []

    for name in names:
        if not read or _suffix(name) == SPEAKERS_ONLY:
            try:
                read.append((name, _read(root, name, links)))
                continue
            except NoTranscriptError:
                pass  # another program's file of that suffix
        passed_over.append(PurePosixPath(name).name)

    if not read:
        return None
    (first, turns), *speakers = read
    for _, spoken in speakers[:1]:
        turns = with_speakers(turns, spoken)
    note = f"utterances of {PurePosixPath(first).name}"
    note += f", speakers of {PurePosixPath(speakers[0][0]).name}" if speakers else ""
    note += f"; not used: {', '.join(passed_over)}" if passed_over else ""
    return Transcribed(PurePosixPath(first).name, tuple(turns), note)


def _read(root: Path, name: str, links: Sequence[str]) -> list[Turn]:
    try:
        path = resolve_inside(root, name, links)
        return READERS[_suffix(name)](read_text(path, name), name)
    except UnsafePathError:
        raise TranscriptError(
            f"{name}: is a link to a place outside the corpus folder; copy it into the folder"
        ) from None
    except OSError as error:
        raise TranscriptError(f"{name}: cannot be read: {error.strerror or error}") from None


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
