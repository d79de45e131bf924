"""What a folder of labels holds: the table, its sidecar, time lines and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.base.files import write_json
from pipeline.base.wording import counted
from pipeline.tools.label.copies import write_copies
from pipeline.tools.label.corpus import warn
from pipeline.tools.label.labelling import Labelled
from pipeline.tools.label.page import write_page
from pipeline.tools.label.parquet import write_labels_parquet
from pipeline.tools.label.seen import seen_counts, seen_remarks
from pipeline.tools.label.table import columns, cues_of, write_labels
from pipeline.tools.label.timelines import FORMATS, write_timelines

TABLE, PARQUET, SIDECAR = "labels.csv", "labels.parquet", "labels.json"


@dataclass(frozen=True)
class LabelSource:
    """Where labels come from: lines for people, the same for programs, and whom to warn first."""

    lines: Sequence[str]
    runs: Sequence[dict[str, Any]]
    warns_first: bool  # the first line is one that nobody may overlook
    risk: float | None = None


def write_folder(
    out: Path,
    labelled: Labelled,
    source: LabelSource,
    kinds: Sequence[str],
    videos: Path,
    *,
    has_copies: bool,
) -> None:
    """Write all; `kinds` are the classes, or what probabilities are of."""
    rows = labelled.rows

    cues = cues_of(rows)
    if silent := len(rows) - len(cues):
        warn(
            f"{counted(silent, 'utterance has', 'utterances have')} no file or no known end: on no "
            "time line"
        )

    faces = seen_counts(row.face for row in rows)
    for text in seen_remarks(faces):
        warn(text)

    write_labels(out / TABLE, rows, labelled.names)
    write_labels_parquet(out / PARQUET, rows, labelled.names, source.lines)
    n_files, n_labels = write_timelines(out, cues), sum(bool(row.label) for row in rows)
    facts = {
        "notes": list(source.lines),
        "runs": list(source.runs),
        "risk": source.risk,
        "columns": columns(labelled.names),
        "n_utterances": len(rows),
        "n_labels": n_labels,
        "n_faces": dict(faces),
    }
    write_json(out / SIDECAR, facts)
    media = dict.fromkeys(cue.media for cue in cues) if has_copies else {}
    copies = write_copies(out, media, videos)
    write_page(out, rows, kinds, source.lines, videos, copies, is_synthetic=source.warns_first)
    if n_files:
        print(f"{counted(n_files, 'file has', 'files have')} {', '.join(FORMATS)} in {out}")
    print(f"{n_labels} of {len(rows)} utterances have a label in {out / TABLE}")
