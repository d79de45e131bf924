"""What is exported: the utterances of a corpus, what is said of them, and their vectors.

N utterances in the order of their table. A vector that was not extracted is NaN, never zeros:
that is how the imports (pipeline.corpora.imports) tell it from data.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.artefacts import features_place
from pipeline.base.records import MODALITIES, Annotation, Label, Modality, SplitRow, Utterance
from pipeline.base.tables import read_rows, read_utterances
from pipeline.features.store import read_store

LABEL, SPLIT = "label", "split"  # columns that a task adds


class ExportError(ValueError):
    """What is asked for cannot be exported; the text says why, and the way out."""


@dataclass(frozen=True)
class Content:
    """N utterances, N values of each annotation ("" where there is none), vectors (N, D)."""

    utterances: list[Utterance]
    annotations: Mapping[str, list[str]]
    vectors: Mapping[Modality, NDArray[np.float32]]

    def column(self, name: str) -> list[str]:
        """An annotation that must be there."""
        if name not in self.annotations:
            there = ", ".join(self.annotations) or "none"
            raise ExportError(f"no utterance has the annotation {name!r}; there are: {there}")
        return self.annotations[name]

    def refuse_names(self, taken: Iterable[str]) -> None:
        """Refuse annotations that are called as the format calls something else."""
        if clash := sorted(self.annotations.keys() & set(taken)):
            raise ExportError(
                f"the annotations {', '.join(clash)} are called as columns of this format: rename "
                "them in the table of the corpus"
            )


def read_content(corpus: Path) -> Content:
    """The corpus as the workflow left it in build/CORPUS."""
    table = corpus / "utterances.csv"
    if not table.is_file():
        raise ExportError(
            f"{table} is not there: name what the workflow made of a corpus, for example "
            "build/clips, not the folder of the videos"
        )
    utterances = read_utterances(table)
    ids = [utterance.utterance_id for utterance in utterances]
    rows = read_rows(corpus / "annotations.csv", Annotation)

    vectors: dict[Modality, NDArray[np.float32]] = {}
    for modality in MODALITIES:
        path = corpus / features_place(modality)
        if path.is_file():
            store = read_store(path, ids)
            if store.dim:
                found = store.extracted[:, None]
                vectors[modality] = np.where(found, store.features, np.float32(np.nan))
    if not vectors:
        raise ExportError(f"{corpus / 'features'} holds no vector of any modality: extract first")
    return Content(utterances, _columns(ids, rows), vectors)


def with_task(content: Content, task: Path, fold: int) -> Content:
    """The same with columns `label` and `split` of a fold of build/TASK, "" where it has none."""
    content.refuse_names([LABEL])
    labels = {row.utterance_id: row.label for row in read_rows(task / "labels.csv", Label)}
    splits = [row for row in read_rows(task / "splits.csv", SplitRow) if row.fold == fold]
    if not splits:
        raise ExportError(f"{task / 'splits.csv'} holds no fold {fold}")
    roles = {row.dialogue_id: row.role for row in splits}
    if len(roles) < len(splits):
        raise ExportError(
            f"{task / 'splits.csv'}: dialogues of fold {fold} have two roles (`protocol: paper` "
            "validates on the test); export a task of `protocol: strict`"
        )
    if not labels.keys() <= {utterance.utterance_id for utterance in content.utterances}:
        raise ExportError(f"{task} is a task of another corpus: its utterances are not in it")

    ids = [utterance.utterance_id for utterance in content.utterances]
    dialogues = [utterance.dialogue_id for utterance in content.utterances]
    told = {
        LABEL: [labels.get(name, "") for name in ids],
        SPLIT: [roles.get(name, "") for name in dialogues],
    }
    return replace(content, annotations={**content.annotations, **told})


def _columns(ids: list[str], rows: Iterable[Annotation]) -> dict[str, list[str]]:
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        values[row.name][row.utterance_id] = row.value
    return {name: [of.get(id_, "") for id_ in ids] for name, of in sorted(values.items())}
