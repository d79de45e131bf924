"""Reads the layout of MMSA-FET: label.csv beside Raw/<video_id>/<clip_id>.mp4 (reading.md D.4).

Columns are found by name, since copies order them differently; ids stay text, since CH-SIMS writes
`0001`. A video is a dialogue, its clips are ordered by number. Annotations: `sentiment` (label),
`sentiment_text`, `_audio`, `_visual` (label_T, label_A, label_V) where given, `sentiment_class`
(annotation: Negative, Neutral, Positive), `split` (mode).
"""

import glob
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.base.roles import ROLE_NAMES
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import assemble, drop
from pipeline.corpora.labels import is_number
from pipeline.corpora.listing import list_files
from pipeline.corpora.raw import Candidate, CorpusError, RawCorpus
from pipeline.corpora.sheets import SheetRow, read_sheet

WHICH_FACE: Final = "single"
TREE = """\
<corpus>/
  label.csv               video_id,clip_id,text,label[,label_T,label_A,label_V,annotation,mode]
  Raw/03bSnISJMiM/1.mp4   one clip per row: Raw/<video_id>/<clip_id>.mp4"""

TABLE = "label.csv"
CLIPS = "Raw/*/*.mp4"
NEEDED = ("video_id", "clip_id", "text", "label")
NUMBERS = {
    "label": "sentiment",
    "label_T": "sentiment_text",
    "label_A": "sentiment_audio",
    "label_V": "sentiment_visual",
}


def files(settings: CorpusSettings) -> tuple[str, ...]:
    """Glob patterns of the files that decide what `read` returns, and of the media."""
    return glob.escape(settings.labels or TABLE), CLIPS


def read(root: Path, settings: CorpusSettings) -> RawCorpus:
    """Read every row of the table."""
    table = root / (settings.labels or TABLE)
    if not table.is_file():
        raise CorpusError(f"{table.name} is not there (the key `labels` names another)")
    sheet = read_sheet(table.parent, table.name, NEEDED, settings.links)

    good: list[Candidate] = []
    dropped = list(sheet.dropped)
    for row in sheet.rows:
        if fault := _fault(row):
            item = f"{row.cells['video_id']}/{row.cells['clip_id']} ({row.source})"
            dropped.append(drop(item, fault))
        else:
            good.append(_candidate(row))
    good.sort(
        key=lambda candidate: (candidate.dialogue_id, int(PurePosixPath(candidate.media).stem))
    )

    named = {candidate.media for candidate in good}
    dropped += [
        drop(file.relative, f"no row of {table.name} names this clip")
        for file in list_files(root, [CLIPS])
        if file.relative not in named
    ]

    return assemble(
        root,
        settings,
        good,
        dropped=dropped,
        classes=["sentiment_class"],
        signs=["sentiment"],
    )


def _fault(row: SheetRow) -> str | None:
    clip = row.cells["clip_id"].strip()
    if not (clip.isascii() and clip.isdigit()):
        return f"clip_id is not a number: {clip!r}"
    for column in NUMBERS:
        cell = row.cells.get(column, "").strip()
        if cell and not is_number(cell):
            return f"label is not a number: {column}={cell!r}"
    return None


def _candidate(row: SheetRow) -> Candidate:
    cells = {name: cell.strip() for name, cell in row.cells.items()}
    video, clip = cells["video_id"], cells["clip_id"]
    values = {name: cells.get(column, "") for column, name in NUMBERS.items()}
    values["sentiment_class"] = cells.get("annotation", "")
    values["split"] = ROLE_NAMES.get(cells.get("mode", "").lower(), cells.get("mode", ""))
    return Candidate(
        utterance_id=f"{video}_{clip}",
        dialogue_id=video,
        media=f"Raw/{video}/{clip}.mp4",
        source=row.source,
        speaker=video,
        text=cells["text"],
        annotations={name: value for name, value in values.items() if value},
    )
