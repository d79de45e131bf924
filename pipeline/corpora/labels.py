"""Sentiment labels of CMU-MOSI and CMU-MOSEI, from whichever file the user has (reading.md
D.2-D.4).

Three kinds: a computational sequence (.csd), MMSA's label.csv (video_id, clip_id, label, ...), or a
plain CSV with utterance_id and sentiment. Columns are read by name, ids always as text.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.base.numbers import to_number
from pipeline.base.records import Dropped, Role
from pipeline.base.roles import ROLE_NAMES
from pipeline.base.wording import counted
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.checks import drop
from pipeline.corpora.csd import CsdRow, read_csd
from pipeline.corpora.raw import Candidate, CorpusError
from pipeline.corpora.sheets import Sheet, SheetRow, parse_sheet, read_sheet
from pipeline.corpora.texts import read_bytes

# Where labels are looked for when `labels` is not set; in this order.
PLACES = ("label.csv", "labels.csv", "Labels/label.csv", "Labels/labels.csv")


@dataclass(frozen=True, slots=True)
class Opinion:
    """A labelled utterance: video `video`, number `clip`; times are None where unknown."""

    video: str
    clip: int
    source: str
    annotations: dict[str, str]
    start_s: float | None = None
    end_s: float | None = None
    text: str = ""

    @property
    def utterance_id(self) -> str:
        """The id that both corpora use: video and number."""
        return f"{self.video}_{self.clip}"


def label_patterns(settings: CorpusSettings, csd_name: str) -> tuple[str, ...]:
    """Places below the root where labels may lie, best first."""
    return (csd_name, f"Labels/{csd_name}", f"Raw/Labels/{csd_name}", *PLACES)


def find_labels(root: Path, settings: CorpusSettings, csd_name: str) -> Path:
    """The labels file: the one that config names, else the first that lies in a usual place."""
    if settings.labels is not None:
        path = root / settings.labels
        if not path.is_file():
            raise CorpusError(f"labels: {path} is not there (set by the key `labels`)")
        return path
    places = label_patterns(settings, csd_name)
    path = next((root / place for place in places if (root / place).is_file()), root)
    if path == root:
        raise CorpusError(
            f"no labels: none of {', '.join(places)} is there; the key `labels` beside `root` "
            "takes any .csd, an MMSA label.csv, or a CSV with utterance_id,sentiment"
        )
    return path


def read_opinions(path: Path, links: Sequence[str] = ()) -> tuple[list[Opinion], list[Dropped]]:
    """Labels of a CSV file of either kind, with the rows that cannot be used."""
    header = parse_sheet(
        read_bytes(path.parent, path.name, links).decode("utf-8-sig", "replace").partition("\n")[0],
        path.name,
        [],
    ).header
    is_mmsa = {"video_id", "clip_id", "label"} <= set(header)
    required = ["video_id", "clip_id", "label"] if is_mmsa else ["utterance_id", "sentiment"]
    sheet = read_sheet(path.parent, path.name, required, links)
    return _collect(sheet, "label" if is_mmsa else "sentiment", is_mmsa)


def read_csd_rows(path: Path, columns: Sequence[str]) -> tuple[list[CsdRow], list[Dropped]]:
    """Rows of a .csd whose values are numbers, with those that are not; `columns` are expected."""
    rows = read_csd(path)
    if any(len(row.values) not in (1, len(columns)) for row in rows):
        raise CorpusError(
            f"{path.name}: expected 1 or {len(columns)} columns ({', '.join(columns)}), "
            f"found {sorted({len(row.values) for row in rows})}"
        )
    bad = [row for row in rows if not all(map(math.isfinite, row.values))]
    dropped = [
        drop(f"{row.video} row {row.row} ({path.name})", f"label is not a number: {row.values}")
        for row in bad
    ]
    return [row for row in rows if row not in bad] if bad else rows, dropped


def name_values(values: Iterable[float], columns: Sequence[str]) -> dict[str, str]:
    """Annotations of a .csd row; six digits, since labels are averages in thirds."""
    return {name: f"{value:.6g}" for name, value in zip(columns, values, strict=False)}


def with_role(
    opinion: Opinion, official: dict[str, Role], disagreeing: list[str]
) -> dict[str, str]:
    """Annotations with the official split; a file's own split counts for other videos only."""
    own = opinion.annotations.get("split", "")
    role = official.get(opinion.video)
    if role is None:
        return opinion.annotations
    if own and own != role:
        disagreeing.append(opinion.utterance_id)
    return {**opinion.annotations, "split": role}


def from_zero(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[str]]:
    """Spans that begin before their file begin with it; a note counts them.

    In CMU-MOSEI's release up to 1,854 segments do, by parts of a second.
    """
    found = list(candidates)
    early = [candidate for candidate in found if candidate.start_s < 0 < candidate.end_s]
    if not early:
        return found, []

    first = min(early, key=lambda candidate: candidate.start_s)
    single, many = "span begins before 0 and is", "spans begin before 0 and are"
    note = (
        f"{counted(len(early), single, many)} read from 0, the earliest: "
        f"{first.utterance_id} at {first.start_s:g} s"
    )
    return [replace(candidate, start_s=max(0.0, candidate.start_s)) for candidate in found], [note]


def is_number(cell: str) -> bool:
    """Whether a cell holds a finite number."""
    try:
        return math.isfinite(to_number(cell))
    except ValueError:
        return False


def _collect(sheet: Sheet, column: str, is_mmsa: bool) -> tuple[list[Opinion], list[Dropped]]:
    opinions: list[Opinion] = []
    dropped = list(sheet.dropped)
    for row in sheet.rows:
        fault = _fault(row, column, is_mmsa)
        if fault is not None:
            dropped.append(drop(f"{_id(row, is_mmsa)} ({row.source})", fault))
        else:
            opinions.append(_opinion(row, column, is_mmsa))
    return opinions, dropped


def _id(row: SheetRow, is_mmsa: bool) -> str:
    cells = row.cells
    return f"{cells['video_id']}_{cells['clip_id']}" if is_mmsa else cells["utterance_id"]


def _fault(row: SheetRow, column: str, is_mmsa: bool) -> str | None:
    video, _, clip = _id(row, is_mmsa).rpartition("_")
    if not video or not clip.isascii() or not clip.isdigit():
        return "id is not <video>_<number>"
    if not is_number(row.cells[column]):
        return f"label is not a number: {row.cells[column]!r}"
    times = [row.cells.get(name, "") for name in ("start_s", "end_s")]
    if any(time and not is_number(time) for time in times):
        return f"time is not a number: start_s={times[0]!r}, end_s={times[1]!r}"
    return None


def _opinion(row: SheetRow, column: str, is_mmsa: bool) -> Opinion:
    video, _, clip = _id(row, is_mmsa).rpartition("_")
    annotations = {"sentiment": row.cells[column].strip()}
    if split := row.cells.get("mode" if is_mmsa else "split", "").strip():
        annotations["split"] = ROLE_NAMES.get(split.lower(), split)
    start_s, end_s = (row.cells.get(name, "") for name in ("start_s", "end_s"))
    return Opinion(
        video=video,
        clip=int(clip),
        source=row.source,
        annotations=annotations,
        start_s=float(start_s) if start_s else None,
        end_s=float(end_s) if end_s else None,
        text=row.cells.get("text", ""),
    )
