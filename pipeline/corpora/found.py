"""Media of a folder without a table: their names, what lies beside them, and rows from turns.

Names are those of dialogues, and of files in build/CORPUS/speech.
"""

import glob
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.base.records import FOUND, FoundUtterance, Utterance
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import assemble, drop, name_fault
from pipeline.corpora.clips import own_media, stem
from pipeline.corpora.listing import CorpusFile, list_files
from pipeline.corpora.raw import Candidate, RawCorpus
from pipeline.corpora.turns import VOICE, Found, Turn

# Files beside a video of its name; the first that is there counts. `.rttm` tells speakers only.
BESIDE = (".eaf", ".textgrid", ".json", ".vtt", ".srt", ".rttm")
SPEAKERS_ONLY = ".rttm"


def beside(root: Path, media: str) -> list[CorpusFile]:
    """The transcripts beside one media file."""
    folder = str(PurePosixPath(media).parent)
    pattern = "*" if folder == "." else f"{glob.escape(folder)}/*"
    files = [file for file in list_files(root, [pattern]) if stem(file.relative) == stem(media)]
    known = [file for file in files if PurePosixPath(file.relative).suffix.lower() in BESIDE]
    return sorted(known, key=lambda file: (_rank(file.relative), file.relative))


def read_turns(root: Path, settings: CorpusSettings, found: Mapping[str, Found]) -> RawCorpus:
    """A corpus of what was found in each clip; one without speech is a row, with its reason."""
    candidates = [candidate for clip, own in found.items() for candidate in _candidates(clip, own)]
    sources = Counter(_kind(own) for own in found.values())
    notes = [
        f"no {settings.utterances}: utterances were found in {counted(n, 'file')} by {kind}"
        for kind, n in sorted(sources.items())
    ]
    notes += [f"{own.media}: {note}" for own in found.values() for note in own.notes]
    notes.append(
        f"to correct them, copy utterances.csv of build/ into the folder as {settings.utterances}"
    )

    unnamed = [(path, name_fault(path)) for path in own_media(root).paths]
    dropped = [drop(path, fault) for path, fault in unnamed if fault]
    if dropped:
        left = counted(len(dropped), "file is left out", "files are left out")
        notes.append(f"{left}, first {dropped[0].item}: {dropped[0].reason}")
    return assemble(root, settings, candidates, dropped=dropped, notes=notes)


def with_confidences(raw: RawCorpus) -> list[FoundUtterance]:
    """The rows of the table that a person may correct."""
    said: dict[str, dict[str, Any]] = {}
    for annotation in raw.annotations:
        if annotation.name in FOUND:
            said.setdefault(annotation.utterance_id, {})[annotation.name] = annotation.value
    return [
        FoundUtterance(**_cells(row), **said.get(row.utterance_id, {})) for row in raw.utterances
    ]


def _cells(row: Utterance) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(Utterance)}


def _candidates(clip: str, found: Found) -> Iterator[Candidate]:
    by = {"found_by": found.source}
    if not found.turns:
        told = {**by, "remark": found.problem}
        yield Candidate(f"{clip}_000", clip, found.media, source=found.source, annotations=told)
    digits = max(3, len(str(len(found.turns))))

    for number, turn in enumerate(found.turns, start=1):
        yield Candidate(
            utterance_id=f"{clip}_{number:0{digits}d}",
            dialogue_id=clip,
            media=found.media,
            source=f"{found.source}, turn {number}",
            start_s=turn.start_s,
            end_s=turn.end_s,
            speaker=_speaker(clip, turn, found.source),
            text=turn.text,
            annotations={**by, **_told(turn)},
        )


def _speaker(clip: str, turn: Turn, source: str) -> str:
    """Voices are told apart within a file only, so that its name belongs to theirs."""
    return f"{clip}_{turn.speaker}" if turn.speaker and source == VOICE else turn.speaker


def _told(turn: Turn) -> dict[str, str]:
    values = {
        "speech_confidence": turn.speech_confidence,
        "speaker_confidence": turn.speaker_confidence,
        "text_confidence": turn.text_confidence,
    }
    told = {name: str(value) for name, value in values.items() if value is not None}
    return {**told, "remark": turn.remark} if turn.remark else told


def _kind(found: Found) -> str:
    suffix = PurePosixPath(found.source).suffix.lower()
    return f"a {suffix} file beside it" if suffix in BESIDE else "their voices"


def _rank(path: str) -> int:
    return BESIDE.index(PurePosixPath(path).suffix.lower())
