"""Where the utterances of every dialogue stand: in the feature stores, in labels.csv, in line.

Only labelled utterances count (reading.md B.2). N of them lie dialogue after dialogue, turn after
turn; dialogue d is the stretch starts[d] to starts[d] + lengths[d]. What the labels say is not
read here.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.base.records import Label, Utterance

IntArray = NDArray[np.int64]
GENDERS = {"F": 0, "M": 1}  # IEMOCAP's code, whoever speaks first (reading.md B.2)


@dataclass(frozen=True)
class ConversationIndex:
    """D dialogues with N labelled utterances in all."""

    utterance_ids: NDArray[np.str_]  # (N,)
    dialogue_ids: NDArray[np.str_]  # (D,)
    starts: IntArray  # (D,)
    lengths: IntArray  # (D,)
    store_rows: IntArray  # (N,) row of utterances.csv, and of every feature store
    label_rows: IntArray  # (N,) row of labels.csv, and of every stored mask
    speakers: IntArray  # (N,) 0, 1, ... within the dialogue

    @property
    def max_utterances(self) -> int:
        """Length of the longest dialogue."""
        return int(self.lengths.max())

    @property
    def n_speakers(self) -> int:
        """Most speakers in one dialogue."""
        return int(self.speakers.max()) + 1

    def numbers_of(self, dialogue_ids: Collection[str]) -> IntArray:
        """Places of these dialogues, in order."""
        return np.flatnonzero(np.isin(self.dialogue_ids, list(dialogue_ids)))

    def utterances_of(self, dialogues: IntArray) -> IntArray:
        """Places in 0..N-1 of all utterances of these dialogues, in order."""
        lengths = self.lengths[dialogues]
        firsts = np.cumsum(lengths) - lengths
        places: IntArray = np.arange(lengths.sum()) + np.repeat(
            self.starts[dialogues] - firsts, lengths
        )
        return places

    def dialogue_of_utterances(self) -> NDArray[np.str_]:
        """(N,) dialogue id of each utterance."""
        return np.repeat(self.dialogue_ids, self.lengths)

    def select(self, dialogue_ids: Collection[str]) -> "ConversationIndex":
        """The index of some of the dialogues."""
        dialogues = self.numbers_of(dialogue_ids)
        places = self.utterances_of(dialogues)
        lengths = self.lengths[dialogues]
        return ConversationIndex(
            utterance_ids=self.utterance_ids[places],
            dialogue_ids=self.dialogue_ids[dialogues],
            starts=np.cumsum(lengths) - lengths,
            lengths=lengths,
            store_rows=self.store_rows[places],
            label_rows=self.label_rows[places],
            speakers=self.speakers[places],
        )


def index_utterances(utterances: Sequence[Utterance], labels: Sequence[Label]) -> ConversationIndex:
    """Index of all dialogues that have a label, in order of their first row in the table."""
    label_row = {label.utterance_id: row for row, label in enumerate(labels)}
    dialogues: dict[str, list[int]] = {}
    for row, utterance in enumerate(utterances):
        if utterance.utterance_id in label_row:
            dialogues.setdefault(utterance.dialogue_id, []).append(row)

    ordered = [sorted(rows, key=lambda row: utterances[row].turn) for rows in dialogues.values()]
    store_rows = [row for rows in ordered for row in rows]
    if len(store_rows) != len(labels):
        raise ValueError(
            f"labels.csv has {len(labels)} utterances, {len(store_rows)} of them in utterances.csv"
        )

    ids = [utterances[row].utterance_id for row in store_rows]
    lengths = np.array([len(rows) for rows in ordered], dtype=np.int64)
    speakers = [code_speakers(utterances[row].speaker for row in rows) for rows in ordered]
    return ConversationIndex(
        utterance_ids=np.array(ids),
        dialogue_ids=np.array(list(dialogues)),
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths,
        store_rows=np.array(store_rows, dtype=np.int64),
        label_rows=np.array([label_row[name] for name in ids], dtype=np.int64),
        speakers=np.array([code for codes in speakers for code in codes], dtype=np.int64),
    )


def code_speakers(speakers: Iterable[str]) -> list[int]:
    """Codes of one dialogue's speakers: F 0 and M 1, other names by first appearance."""
    names = list(speakers)
    if set(names) <= set(GENDERS):
        return [GENDERS[name] for name in names]
    codes: dict[str, int] = {}
    return [codes.setdefault(name, len(codes)) for name in names]
