"""One corpus' section: expected, found, used, dropped with reasons; features and faces found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.config.report import TextShown
from pipeline.features.statuses import MEANINGS
from pipeline.features.store import OK
from pipeline.report.corpus_facts import CorpusFacts, is_text_shown, read_corpus_facts
from pipeline.report.face_cards import face_cards
from pipeline.report.media_page import media_parts, missing_media_tables
from pipeline.report.views import (
    SHOWN_ROWS,
    Card,
    CorpusView,
    Part,
    Row,
    SheetView,
    TableView,
    rest,
    text_row,
)


def corpus_view(
    folder: Path,
    modalities: Sequence[str],
    faces: Sequence[Path],
    *,
    text: TextShown,
    sheets: Sequence[SheetView] = (),
) -> CorpusView:
    """Read `build/{corpus}` and tell what came of it."""
    corpus = read_corpus_facts(folder, modalities, faces)
    n_media, n_dropped = len(corpus.account["missing_media"]), len(corpus.account["dropped"])
    parts = [
        Part("", tables=[_status_table(corpus), _encoder_table(corpus)]),
        Part("Expected, found, kept", tables=[_count_table(corpus)]),
        Part("Labels of the tasks", tables=_label_tables(corpus)),
        Part(f"Missing media ({n_media})", tables=missing_media_tables(corpus), is_folded=True),
        *media_parts(corpus),
        Part(f"Dropped items ({n_dropped})", tables=_dropped_tables(corpus), is_folded=True),
        Part(
            f"Utterances ({len(corpus.utterances)})",
            tables=[_utterance_table(corpus, is_text_shown(text, corpus.account))],
            is_folded=True,
        ),
    ]

    return CorpusView(
        name=folder.name,
        summary=_summary(corpus.account),
        cards=_cards(corpus),
        parts=[part for part in parts if part.tables],
        sheets=sheets,
        is_synthetic=bool(corpus.account["is_synthetic"]),
    )


def _summary(account: Mapping[str, Any]) -> str:
    kind = "A synthetic corpus, r" if account["is_synthetic"] else "R"
    notes = "".join(f" {note[:1].upper()}{note[1:].rstrip('.')}." for note in account["notes"])
    return f"{kind}ead by the reader “{account['reader']}”.{notes}"


def _cards(corpus: CorpusFacts) -> list[Card]:
    cards = [
        Card(f"{len(corpus.utterances)}", "utterances"),
        Card(f"{len({row.dialogue_id for row in corpus.utterances})}", "dialogues"),
    ]

    speakers = {(row.session, row.speaker) for row in corpus.utterances if row.speaker}
    if speakers:
        cards.append(Card(f"{len(speakers)}", "speakers (session and name)"))
    if total := corpus.account["durations"].get("total_s"):
        cards.append(Card(f"{total / 60:.1f} min", _spans(corpus.account["durations"])))
    if media := corpus.account["media"]:
        size = sum(file["size"] for file in media.values())
        cards.append(Card(f"{len(media)}", f"media files, {size / 1e6:,.0f} MB"))

    for modality, facts in corpus.features.items():
        share = np.count_nonzero(facts.extracted) / max(len(facts.extracted), 1)
        cards.append(Card(f"{100 * share:.0f} %", f"have {modality}"))
    if corpus.faces:
        cards += face_cards(list(corpus.faces.values()))

    return cards


def _spans(durations: Mapping[str, Any]) -> str:
    shortest, longest = durations["shortest_s"], durations["longest_s"]
    open_ended = durations["n_to_end_of_file"]
    rest = f"; {open_ended} more reach to the end of their file" if open_ended else ""
    return f"of speech, spans of {shortest:.1f} to {longest:.1f} s{rest}"


def _status_table(corpus: CorpusFacts) -> TableView:
    counts = {modality: Counter(facts.statuses) for modality, facts in corpus.features.items()}
    found = {status for counted in counts.values() for status in counted}
    fine = {facts.header.statuses[OK] for facts in corpus.features.values()}
    rows = [
        text_row(status, MEANINGS[status], *(counted[status] for counted in counts.values()))
        for status in sorted(found, key=lambda status: (status not in fine, status))
    ]

    return TableView(
        f"What became of {len(corpus.utterances)} utterances in each modality",
        ["status", "meaning", *counts],
        rows,
        text=["meaning"],
        name=f"{corpus.folder.name}_statuses",
        source=f"build/{corpus.folder.name}/features/*.safetensors",
    )


def _encoder_table(corpus: CorpusFacts) -> TableView:
    rows = [
        text_row(
            modality,
            facts.header.encoder,
            facts.dim,
            facts.header.pooling,
            facts.header.precision,
            facts.header.weights[:16],
            ", ".join(f"{name} {version}" for name, version in facts.header.libraries.items())
            or "-",
        )
        for modality, facts in corpus.features.items()
    ]
    columns = ["modality", "encoder", "size", "pooled", "precision", "weights (sha256)", "made by"]

    return TableView(
        "Features",
        columns,
        rows,
        text=["encoder", "pooled", "precision", "weights (sha256)", "made by"],
        name=f"{corpus.folder.name}_features",
        source=f"build/{corpus.folder.name}/features/*.safetensors",
    )


def _count_table(corpus: CorpusFacts) -> TableView:
    counts = corpus.account["counts"]
    is_split = any(count["split"] for count in counts)
    words = ["group", "split", "value"] if is_split else ["group", "value"]
    numbers = ["expected", "found", "used"]
    rows = [
        text_row(
            *(count[name] or "all" for name in words),
            *("-" if count[name] is None else count[name] for name in numbers),
        )
        for count in counts
    ]

    return TableView(
        "Counts; “-” where nothing is published to expect; kept: passed every check",
        [*words, "expected", "found", "kept"],
        rows,
        text=words[1:],
        name=f"{corpus.folder.name}_counts",
        source=f"build/{corpus.folder.name}/corpus.json",
    )


def _label_tables(corpus: CorpusFacts) -> list[TableView]:
    """Of each task: which annotation values gave no label, and what to look at."""
    rows, notes = [], []
    for task, account in corpus.tasks.items():
        rows.append(text_row(task, "(has a label)", account["n_labels"]))
        if account["n_without"]:
            rows.append(text_row(task, "(lacks the annotation)", account["n_without"]))
        rows += [
            text_row(task, value, n) for value, n in list(account["unused"].items())[:SHOWN_ROWS]
        ]
        notes += [f"{task}: {note}." for note in account["notes"]]

    if not rows:
        return []

    return [
        TableView(
            "Utterances with a label, and annotation values that gave none",
            ["task", "value", "utterances"],
            rows,
            text=["value"],
            name=f"{corpus.folder.name}_labels",
            note=" ".join(notes),
            source=f"build/{corpus.folder.name}/tasks.json",
        )
    ]


def _dropped_tables(corpus: CorpusFacts) -> list[TableView]:
    dropped = corpus.account["dropped"]
    by_reason = [text_row(why, n) for why, n in corpus.account["dropped_by_reason"].items()]
    items = [text_row(item["item"], item["reason"]) for item in dropped[:SHOWN_ROWS]]
    if not items:
        return []
    name = f"{corpus.folder.name}_dropped"

    return [
        TableView("By reason", ["reason", "items"], by_reason, name=name),
        TableView(
            f"Each item{rest(dropped, items)}",
            ["item", "reason"],
            items,
            text=["item", "reason"],
            kind="long",
            source=f"build/{corpus.folder.name}/corpus.json",
        ),
    ]


def _utterance_table(corpus: CorpusFacts, is_text_shown: bool) -> TableView:
    columns = ["utterance", "dialogue", "speaker", "start (s)", "end (s)", *corpus.features]
    columns += ["faces"] if corpus.faces else []
    columns += ["transcript"] if is_text_shown else []

    rows: list[Row] = []
    for index, utterance in enumerate(corpus.utterances[:SHOWN_ROWS]):
        cells = [
            utterance.utterance_id,
            utterance.dialogue_id,
            utterance.speaker,
            f"{utterance.start_s:.2f}",
            "end" if utterance.end_s == float("inf") else f"{utterance.end_s:.2f}",
            *(facts.statuses[index] for facts in corpus.features.values()),
        ]
        if corpus.faces:
            face = corpus.faces.get(utterance.utterance_id)
            cells.append(f"{face.n_faces} / {face.n_frames}" if face else "-")
        if is_text_shown:
            cells.append(utterance.text)
        rows.append(text_row(*cells))

    return TableView(
        f"Every utterance{rest(corpus.utterances, rows)}",
        columns,
        rows,
        text=["dialogue", "speaker", "transcript"],
        kind="long",
        source=f"build/{corpus.folder.name}/utterances.csv",
    )
