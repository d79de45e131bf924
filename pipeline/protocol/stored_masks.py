"""Stored masks: drawn once per task, fold, condition and mask seed, the same for every method.

One file per condition: for each fold a (N, 3) bool tensor over the N rows of labels.csv, columns
in the order audio, text, visual. Rows of dialogues that neither test nor validate in the fold are
all False: nobody may read them; where a condition may leave an utterance with nothing, a second
tensor, (N,) bool, says which rows were drawn. Columns of modalities that the task lacks are False.
True where nothing was extracted: the protocol can withhold only what is there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import read_arrays, write_arrays
from pipeline.base.files import text_digest
from pipeline.base.records import Label, Modality, Role, SplitRow, Utterance
from pipeline.config.condition_parts import Condition
from pipeline.config.conditions import AtRate, is_rate, parse_condition
from pipeline.config.tasks import GeneratorName
from pipeline.protocol.availability import Mask, realised_rate, spread
from pipeline.protocol.drawing import Line, draw
from pipeline.protocol.errors import ProtocolError

DRAWN_ROLES: tuple[Role, ...] = ("test", "validation")  # in this order: see _rows_of_roles


@dataclass(frozen=True)
class StoredMasks:
    """Masks of one condition and seed, by fold; `realised` is the missing rate reached in each."""

    condition: Condition
    mask_seed: int
    table: str  # digest of the utterance ids, in order
    folds: Mapping[int, Mask]
    drawn: Mapping[int, NDArray[np.bool_]]  # (N,) which rows are
    realised: Mapping[int, float]

    def lines(self) -> list[str]:
        """Which rate was reached in each fold, and over all of them."""
        name = self.condition.name
        asked = f"missing rate {name} asked" if is_rate(name) else name
        told = [
            f"fold {fold}: {asked}, {realised:.4f} realised"
            for fold, realised in self.realised.items()
        ]
        reached = self.realised.values()
        last = f"{min(reached):.3f} to {max(reached):.3f} reached over {len(reached)} folds"
        return [*told, f"done: {last}"]

    def of_rows(self, fold: int, rows: NDArray[np.int64]) -> Mask:
        """(len(rows), 3) bool of these rows of labels.csv; refuses rows that were not drawn."""
        if fold not in self.folds:
            raise ProtocolError(
                f"masks of {self.condition.name} hold folds {sorted(self.folds)}, not {fold}"
            )
        if not self.drawn[fold][rows].all():
            raise ProtocolError(
                f"masks of {self.condition.name}, fold {fold}: some rows were not drawn; "
                "delete the availability folder so that they are drawn for these splits"
            )
        return self.folds[fold][rows]


def draw_masks(
    labels: Sequence[Label],
    splits: Iterable[SplitRow],
    utterances: Iterable[Utterance],
    modalities: Sequence[Modality],
    extracted: Mask,
    condition: Condition,
    generator: GeneratorName,
    mask_seed: int,
) -> StoredMasks:
    """Masks of every fold for its test and validation dialogues; extracted (N, V) as labels.csv."""
    by_id = {utterance.utterance_id: utterance for utterance in utterances}
    labelled = [by_id[label.utterance_id] for label in labels]
    dialogues = np.array([utterance.dialogue_id for utterance in labelled])
    by_fold: dict[int, dict[Role, set[str]]] = {}
    for row in splits:
        by_fold.setdefault(row.fold, {}).setdefault(row.role, set()).add(row.dialogue_id)

    folds, drawn, realised = {}, {}, {}
    for fold, members in sorted(by_fold.items()):
        narrow = np.zeros((len(labels), len(modalities)), dtype=bool)
        drawn[fold] = np.zeros(len(labels), dtype=bool)
        for number, rows in enumerate(_rows_of_roles(dialogues, members)):
            rng = np.random.default_rng([mask_seed, _stream(condition), fold, number])
            line = _in_line(rows, labelled, condition)
            numbers = np.unique(dialogues[line], return_inverse=True)[1]
            cells = Line(extracted[line], numbers, tuple(modalities), generator)
            narrow[line] = draw(condition, cells, rng)
            drawn[fold][line] = True
        folds[fold] = spread(narrow, modalities)
        realised[fold] = realised_rate(narrow[drawn[fold]], extracted[drawn[fold]])
    return StoredMasks(condition, mask_seed, labels_digest(labels), folds, drawn, realised)


def write_masks(path: Path, masks: StoredMasks) -> None:
    """Write `masks` with the nominal and the realised rate per fold in the header."""
    name = masks.condition.name
    header = {
        "rate": float(name) if is_rate(name) else name,
        "mask_seed": masks.mask_seed,
        "table": masks.table,
        "realised": {str(fold): rate for fold, rate in masks.realised.items()},
    }
    arrays = {f"fold{fold}": mask for fold, mask in masks.folds.items()}
    if masks.condition.nothing_left:
        arrays |= {f"drawn{fold}": drawn for fold, drawn in masks.drawn.items()}
    write_arrays(path, arrays, header)


def read_masks(path: Path, labels: Sequence[Label]) -> StoredMasks:
    """Read masks that were drawn for these `labels`; refuse masks of another table."""
    arrays, header = read_arrays(path)
    if header["table"] != labels_digest(labels):
        raise ProtocolError(f"{path} was drawn for other utterances than labels.csv holds")

    folds = {int(fold): arrays[f"fold{fold}"] for fold in header["realised"]}
    drawn = {
        fold: np.asarray(arrays.get(f"drawn{fold}", mask.any(axis=1)), dtype=bool)
        for fold, mask in folds.items()
    }
    return StoredMasks(
        parse_condition(str(header["rate"])),
        header["mask_seed"],
        header["table"],
        folds,
        drawn,
        {int(fold): rate for fold, rate in header["realised"].items()},
    )


def labels_digest(labels: Iterable[Label]) -> str:
    """Digest of the utterances of a label table, whatever their labels are."""
    return text_digest("\n".join(label.utterance_id for label in labels))


def _stream(condition: Condition) -> int:
    """What parts the random numbers of a condition from those of others; rates have their own."""
    if isinstance(condition, AtRate) and not condition.nothing_left:
        return round(1000 * condition.rate)
    return int(text_digest(condition.name)[:15], 16)


def _in_line(
    rows: NDArray[np.int64], utterances: Sequence[Utterance], condition: Condition
) -> NDArray[np.int64]:
    """Dialogue after dialogue, turn after turn; rates are drawn in the order of the table."""
    if is_rate(condition.name):
        return rows
    places = [(utterances[row].dialogue_id, utterances[row].turn, row) for row in rows]
    return np.array([row for _, _, row in sorted(places)], dtype=np.int64)


def _rows_of_roles(
    dialogues: NDArray[np.str_], members: Mapping[Role, set[str]]
) -> Iterable[NDArray[np.int64]]:
    """Rows per drawn role. A dialogue that also tests keeps its test mask when it validates.

    Test masks do not depend on what validates, so `paper` and `strict` test on the same ones.
    """
    taken: set[str] = set()
    for role in DRAWN_ROLES:
        fresh = members.get(role, set()) - taken
        taken |= fresh
        yield np.flatnonzero(np.isin(dialogues, sorted(fresh)))
