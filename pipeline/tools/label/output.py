"""What a folder of labels holds: the table, its sidecar, time lines and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.base.files import write_json
from pipeline.base.wording import counted
from pipeline.tools.label.corpus import warn
from pipeline.tools.label.labelling import Labelled
from pipeline.tools.label.page import write_page
from pipeline.tools.label.table import columns, cues_of, write_labels
from pipeline.tools.label.timelines import FORMATS, write_timelines

TABLE, SIDECAR = "labels.csv", "labels.json"


@dataclass(frozen=True)
class Source:
    """Where labels come from: lines for people, the same for programs, and whom to warn first."""

    lines: Sequence[str]
    runs: Sequence[dict[str, Any]]
    warns_first: bool  # the first line is one that nobody may overlook
    risk: float | None = None


def write_folder(
    out: Path, labelled: Labelled, source: Source, kinds: Sequence[str], videos: Path
) -> None:
    """Write all; `kinds` are the classes, or what probabilities are of."""
    rows = labelled.rows

    cues = cues_of(rows)
    if silent := len(rows) - len(cues):
        warn(
            f"{counted(silent, 'utterance has', 'utterances have')} no file or no known end: on no "
            "time line"
        )

    write_labels(out / TABLE, rows, labelled.names)
    n_files, n_labels = write_timelines(out, cues), sum(bool(row.label) for row in rows)
    facts = {
        "notes": list(source.lines),
        "runs": list(source.runs),
        "risk": source.risk,
        "columns": columns(labelled.names),
        "n_utterances": len(rows),
        "n_labels": n_labels,
    }
    write_json(out / SIDECAR, facts)
    write_page(out, rows, kinds, source.lines, videos, is_synthetic=source.warns_first)
    if n_files:
        print(f"{counted(n_files, 'file has', 'files have')} {', '.join(FORMATS)} in {out}")
    print(f"{n_labels} of {len(rows)} utterances have a label in {out / TABLE}")
