"""One corpus' section: expected, found, used, dropped with reasons; features and faces found."""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.arrays import read_arrays
from pipeline.records import FaceRow, Modality, Utterance
from pipeline.report.views import Card, CorpusView, Row, SheetView, TableView, text_row
from pipeline.tables import read_rows

SHOWN_ROWS = 2000


def corpus_view(
    folder: Path,
    modalities: Sequence[Modality],
    *,
    is_text_shown: bool,
    sheets: Sequence[SheetView] = (),
) -> CorpusView:
    """Read `build/{corpus}` and tell what came of it."""
    account = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    utterances = read_rows(folder / "utterances.csv", Utterance)
    statuses = {m: read_statuses(folder / "features" / f"{m}.safetensors") for m in modalities}
    faces = _faces(folder)
    return CorpusView(
        name=folder.name,
        summary=_summary(account),
        cards=_cards(account, utterances, statuses, faces),
        tables=[_status_table(statuses, len(utterances)), _count_table(account)],
        folded={
            f"Dropped items ({len(account['dropped'])})": _dropped_tables(account),
            f"Utterances ({len(utterances)})": [
                _utterance_table(utterances, statuses, faces, is_text_shown)
            ],
        },
        sheets=sheets,
        is_synthetic=bool(account["is_synthetic"]),
    )


def read_statuses(path: Path) -> list[str]:
    """Status of every utterance in one modality, in the order of the table."""
    arrays, header = read_arrays(path)
    return [header["statuses"][code] for code in arrays["status"]]


def _faces(folder: Path) -> dict[str, FaceRow]:
    files = sorted((folder / "faces").glob("*.csv"))
    return {row.utterance_id: row for path in files for row in read_rows(path, FaceRow)}


def _summary(account: Mapping[str, Any]) -> str:
    kind = "A synthetic corpus: " if account.get("is_synthetic") else ""
    notes = " ".join(f"{note}." for note in account.get("notes", []))
    return f"{kind}read by the reader `{account['reader']}`. {notes}"


def _cards(
    account: Mapping[str, Any],
    utterances: Sequence[Utterance],
    statuses: Mapping[Modality, Sequence[str]],
    faces: Mapping[str, FaceRow],
) -> list[Card]:
    cards = [
        Card(str(len(utterances)), "utterances"),
        Card(str(len({u.dialogue_id for u in utterances})), "dialogues"),
        Card(str(len({u.speaker for u in utterances})), "speakers"),
    ]
    if total := account.get("durations", {}).get("total_s"):
        cards.append(Card(f"{total / 60:.1f} min", "of utterances"))
    for modality, status in statuses.items():
        n_ok = sum(one == "ok" for one in status)
        cards.append(Card(f"{100 * n_ok / max(len(status), 1):.0f} %", f"have {modality}"))
    if faces:
        n_frames = sum(row.n_frames for row in faces.values())
        n_faces = sum(row.n_faces for row in faces.values())
        cards.append(Card(f"{n_faces} / {n_frames}", "frames with the speaker's face"))
    return cards


def _status_table(statuses: Mapping[Modality, Sequence[str]], n_rows: int) -> TableView:
    counts = {modality: Counter(status) for modality, status in statuses.items()}
    names = sorted({s for c in counts.values() for s in c}, key=lambda name: (name != "ok", name))
    rows = [text_row(name, *(counts[m][name] for m in counts)) for name in names]
    return TableView(
        f"What became of {n_rows} utterances in each modality", ["status", *counts], rows
    )


def _count_table(account: Mapping[str, Any]) -> TableView:
    columns = ["group", "split", "value", "expected", "found", "used"]
    rows = [
        text_row(
            *("-" if count[name] is None else count[name] or "all" for name in columns[:3]),
            *("-" if count[name] is None else count[name] for name in columns[3:]),
        )
        for count in account["counts"]
    ]
    return TableView("Expected, found, used", columns, rows, text=["split", "value"])


def _dropped_tables(account: Mapping[str, Any]) -> list[TableView]:
    by_reason = [text_row(reason, n) for reason, n in account["dropped_by_reason"].items()]
    items = [text_row(one["item"], one["reason"]) for one in account["dropped"][:SHOWN_ROWS]]
    return [
        TableView("By reason", ["reason", "items"], by_reason),
        TableView("Each item", ["item", "reason"], items, text=["reason"]),
    ]


def _utterance_table(
    utterances: Sequence[Utterance],
    statuses: Mapping[Modality, Sequence[str]],
    faces: Mapping[str, FaceRow],
    is_text_shown: bool,
) -> TableView:
    columns = ["utterance", "dialogue", "speaker", "start (s)", "end (s)", *statuses, "faces"]
    columns += ["text"] if is_text_shown else []
    rows: list[Row] = []
    for index, one in enumerate(utterances[:SHOWN_ROWS]):
        face = faces.get(one.utterance_id)
        rows.append(
            text_row(
                one.utterance_id,
                one.dialogue_id,
                one.speaker,
                f"{one.start_s:.2f}",
                f"{one.end_s:.2f}",
                *(status[index] for status in statuses.values()),
                f"{face.n_faces} / {face.n_frames}" if face else "-",
                *([one.text] if is_text_shown else []),
            )
        )
    rest = len(utterances) - len(rows)
    caption = f"Every utterance{f'; {rest} more stand in utterances.csv' if rest else ''}"
    return TableView(caption, columns, rows, text=["dialogue", "speaker", "text"])


def formula_safe(text: str) -> str:
    """Text for a CSV that people open in a spreadsheet: no cell begins a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table for people; cells that would be formulas are defused."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([formula_safe(cell) for cell in row] for row in rows)
