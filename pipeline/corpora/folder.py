"""Reads a folder of own videos, described by one CSV beside them, or by nothing at all.

Columns (comma separated, UTF-8, one row per utterance, in the order of the conversation):

    utterance_id  needed    letters, digits, . _ -; unique
    dialogue_id   needed    utterances of one conversation share it
    media         needed    video or audio file, relative to the folder, with /
    turn          optional  a number that orders the dialogue; default: the order of the rows
    speaker       optional  default: empty
    start_s       optional  seconds in the file; empty = from the beginning
    end_s         optional  seconds in the file; empty = to the end
    text          optional  transcript; empty = the text modality is missing
    session       optional  e.g. the recording day, for folds by session
    region        optional  full | left | right: the part of the picture that shows the speaker

Every other column is an annotation of that name (e.g. emotion, sentiment, split); empty cells give
none; `split` holds train, validation or test. A broken table is refused, a bad row is dropped with
its reason. Without a CSV every video below the folder, and every sound file beside no video of its
name, is an utterance in a dialogue of its own.
"""

import glob
import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from pipeline.base.numbers import to_number
from pipeline.base.records import FOUND, Dropped
from pipeline.base.roles import ROLE_NAMES
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import assemble, drop
from pipeline.corpora.clips import id_of_path, own_media
from pipeline.corpora.listing import (
    ANY_MEDIA,
    ANY_VIDEO,
    list_files,
)
from pipeline.corpora.raw import Candidate, CorpusError, RawCorpus, sign_of
from pipeline.corpora.sheets import Sheet, SheetRow, read_sheet
from pipeline.corpora.texts import printable

WHICH_FACE: Final = "speaker"
TREE = """\
any folder/
  utterances.csv   utterance_id,dialogue_id,media[,turn,speaker,start_s,end_s,text,session,region]
                   and any further columns as annotations: emotion, sentiment, split, ...
  videos, in subfolders or not (without utterances.csv each is one utterance)"""

DEFAULT_TABLE = "utterances.csv"
NEEDED = ("utterance_id", "dialogue_id", "media")
FIELDS = (*NEEDED, "turn", "speaker", "start_s", "end_s", "text", "session", "region")
_Rows = list[tuple[float | None, Candidate]]  # of a dialogue, each with its turn
MAX_CLASSES = 30  # an annotation with more values is counted by sign, or not at all


def files(settings: CorpusSettings) -> tuple[str, ...]:
    """Glob patterns of the files that decide what `read` returns, and of the media."""
    return glob.escape(settings.utterances), f"**/{ANY_MEDIA}"


def read(root: Path, settings: CorpusSettings) -> RawCorpus:
    """Read the CSV, or make an utterance of each video where there is none."""
    if not (root / settings.utterances).exists():
        if settings.utterances != DEFAULT_TABLE:
            raise CorpusError(f"{settings.utterances} is not there (set by the key `utterances`)")
        return _read_videos(root, settings)
    sheet = read_sheet(root, settings.utterances, NEEDED, settings.links)
    candidates, dropped, notes = _read_rows(sheet)
    # A row that is refused names its file all the same.
    named = {str(PurePosixPath(row.cells["media"].strip())) for row in sheet.rows}
    alike = {_plain(name): name for name in named}
    dropped += [
        drop(file.relative, f"no row of {settings.utterances} names this file{_meant(other)}")
        for file in list_files(root, [f"**/{ANY_VIDEO}"])
        if file.relative not in named
        for other in [alike.get(_plain(file.relative), "")]
    ]
    classes, signs = _countable(candidates)
    return assemble(
        root,
        settings,
        candidates,
        dropped=[*sheet.dropped, *dropped],
        notes=notes,
        classes=classes,
        signs=signs,
    )


def _plain(path: str) -> str:
    """What stays of a path on systems that know no capitals, and other forms of accents."""
    return unicodedata.normalize("NFC", path.replace("\\", "/")).casefold()


def _meant(other: str) -> str:
    how = "which differs in capitals, accents or slashes"
    return f"; a row names {printable(other)!r}, {how}" if other else ""


def _read_videos(root: Path, settings: CorpusSettings) -> RawCorpus:
    """Each file is an utterance."""
    media = own_media(root)
    candidates = [
        Candidate(id_of_path(path), id_of_path(path), path, source=path) for path in media.paths
    ]

    n_sounds = len(media.paths) - media.n_videos
    found = [(media.n_videos, "video"), (n_sounds, "sound file")]
    there = " and ".join(counted(n, noun) for n, noun in found if n)
    notes = [
        f"no {settings.utterances}: each of {there} is one utterance, "
        "in a dialogue of its own, without speaker, text and labels"
    ]
    if media.n_copies:
        lie = counted(media.n_copies, "sound file lies", "sound files lie")
        notes.append(f"{lie} beside a video of that name, which is used")
    return assemble(root, settings, candidates, notes=notes)


def _read_rows(sheet: Sheet) -> tuple[list[Candidate], list[Dropped], list[str]]:
    dialogues: dict[str, _Rows] = defaultdict(list)
    dropped: list[Dropped] = []
    for row in sheet.rows:
        cells = {name: cell.strip() for name, cell in row.cells.items()}
        if fault := _number_fault(cells):
            dropped.append(drop(f"{cells['utterance_id']} ({row.source})", fault))
        else:
            turn = to_number(cells["turn"]) if cells.get("turn") else None
            dialogues[cells["dialogue_id"]].append((turn, _candidate(cells, row)))

    candidates = [candidate for rows in dialogues.values() for candidate in _in_order(rows)]
    return candidates, dropped, _told(dialogues)


def _in_order(rows: _Rows) -> list[Candidate]:
    turns = [turn for turn, _ in rows if turn is not None]
    if len(turns) == len(rows):
        rows = [rows[place] for place in sorted(range(len(rows)), key=turns.__getitem__)]
    return [candidate for _, candidate in rows]


def _told(dialogues: Mapping[str, _Rows]) -> list[str]:
    """Where the order of the rows counts although something else might tell the order of turns."""
    without = {name: rows for name, rows in dialogues.items() if any(t is None for t, _ in rows)}
    in_part = [name for name, rows in without.items() if any(t is not None for t, _ in rows)]
    backward = [
        name
        for name, rows in without.items()
        if any(a.media == b.media and a.start_s > b.start_s for (_, a), (_, b) in pairwise(rows))
    ]

    found = (
        (in_part, "some rows have no turn"),
        (backward, "there is no turn, and a row begins before the one above it"),
    )
    return [
        f"dialogue {printable(names[0])}{more}: {what}; the order of the rows counts"
        for names, what in found
        if names
        for more in [f" and {len(names) - 1} more" if names[1:] else ""]
    ]


def _number_fault(cells: dict[str, str]) -> str | None:
    for name in ("start_s", "end_s", "turn"):
        try:
            number = to_number(cells.get(name) or "0")
        except ValueError:
            number = math.nan
        if math.isnan(number) or (name == "turn" and math.isinf(number)):
            return f"{name} is not a number: {cells[name]!r}"
    return None


def _candidate(cells: dict[str, str], row: SheetRow) -> Candidate:
    annotations = {name: cell for name, cell in cells.items() if name not in FIELDS and cell}
    if split := annotations.get("split"):
        annotations["split"] = ROLE_NAMES.get(split.lower(), split)

    return Candidate(
        utterance_id=cells["utterance_id"],
        dialogue_id=cells["dialogue_id"],
        media=str(PurePosixPath(cells["media"])) if cells["media"] else "",
        source=row.source,
        start_s=to_number(cells.get("start_s") or "0"),
        end_s=to_number(cells.get("end_s") or "inf"),
        speaker=cells.get("speaker", ""),
        session=cells.get("session", ""),
        region=cells.get("region") or "full",
        text=cells.get("text", ""),
        annotations=annotations,
    )


def _countable(candidates: Iterable[Candidate]) -> tuple[list[str], list[str]]:
    """Annotations to count by value, and those to count by sign: numbers with many values."""
    values: dict[str, set[str]] = defaultdict(set)
    for candidate in candidates:
        for name, value in candidate.annotations.items():
            if name != "split" and name not in FOUND:
                values[name].add(value)
    classes = [name for name, found in values.items() if len(found) <= MAX_CLASSES]
    many = [name for name in values if name not in classes]
    return classes, [name for name in many if all(map(_has_sign, values[name]))]


def _has_sign(value: str) -> bool:
    try:
        return bool(sign_of(value))
    except ValueError:
        return False
