"""The files of a task's fold, read once: who plays which role, features, labels, stored masks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.base.records import MODALITIES, ROLES, Label, Modality, Role, SplitRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.conversations.index import ConversationIndex, index_utterances
from pipeline.features.store import FeatureStore, read_store

Stores = Mapping[Modality, FeatureStore]  # of one table, in the order of MODALITIES


@dataclass(frozen=True)
class FoldTables:
    """Tables of a task, seen from one fold."""

    utterances: list[Utterance]
    labels: list[Label]
    index: ConversationIndex  # all labelled dialogues, whatever their role
    roles: dict[Role, list[str]]  # dialogue ids

    def visible(self, *roles: Role) -> ConversationIndex:
        """The dialogues of these roles."""
        return self.index.select([name for role in roles for name in self.roles[role]])


def read_fold(utterances: Path, labels: Path, splits: Path, fold: int) -> FoldTables:
    """Read the three tables; refuse a fold that splits.csv does not hold."""
    rows = [row for row in read_rows(splits, SplitRow) if row.fold == fold]
    if not rows:
        raise ValueError(f"{splits} holds no fold {fold}")
    utterance_rows, label_rows = read_rows(utterances, Utterance), read_rows(labels, Label)
    return FoldTables(
        utterances=utterance_rows,
        labels=label_rows,
        index=index_utterances(utterance_rows, label_rows),
        roles={role: [row.dialogue_id for row in rows if row.role == role] for role in ROLES},
    )


def read_stores(
    paths: Sequence[Path], utterances: Sequence[Utterance], say: Callable[[str], None] = print
) -> Stores:
    """Feature stores by modality. One in which nothing was extracted counts as absent."""
    ids = [utterance.utterance_id for utterance in utterances]
    found = {store.header.modality: store for store in (read_store(path, ids) for path in paths)}
    if len(found) != len(paths) or not set(found) <= set(MODALITIES):
        raise ValueError(f"{[str(path) for path in paths]}: expected one file per modality")
    for modality, store in found.items():
        if store.dim == 0:
            say(f"{modality}: nothing was extracted, the task goes without it")
    stores = {m: found[m] for m in MODALITIES if m in found and found[m].dim}
    if not stores:
        raise ValueError("no modality holds any feature: there is nothing to learn from")
    return stores
