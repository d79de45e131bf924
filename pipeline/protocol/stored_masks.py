"""Stored masks: drawn once per task, fold, rate and mask seed, and the same for every method.

One file per rate: for each fold a (N, 3) bool tensor over the N rows of labels.csv, columns in
the order audio, text, visual. Rows of dialogues that neither test nor validate in the fold are
all False: nobody may read them. Columns of modalities that the task lacks are False. True where
nothing was extracted: the protocol can withhold only what is there, and rates are shares of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import read_arrays, write_arrays
from pipeline.base.files import text_digest
from pipeline.base.records import Label, Role, SplitRow
from pipeline.config.tasks import GeneratorName
from pipeline.protocol.availability import Mask, realised_rate, spread, withhold
from pipeline.protocol.errors import ProtocolError

DRAWN_ROLES: tuple[Role, ...] = ("test", "validation")  # in this order: see _rows_of_roles


@dataclass(frozen=True)
class StoredMasks:
    """Masks of one rate and seed, by fold; `realised` is the missing rate reached in each."""

    rate: float
    mask_seed: int
    table: str  # digest of the utterance ids, in order
    folds: Mapping[int, Mask]
    realised: Mapping[int, float]

    def lines(self) -> list[str]:
        """Which rate was reached in each fold, and over all of them."""
        told = [
            f"fold {fold}: missing rate {self.rate} asked, {realised:.4f} realised"
            for fold, realised in self.realised.items()
        ]
        reached = self.realised.values()
        last = f"{min(reached):.3f} to {max(reached):.3f} reached over {len(reached)} folds"
        return [*told, f"done: {last}"]

    def of_rows(self, fold: int, rows: NDArray[np.int64]) -> Mask:
        """(len(rows), 3) bool of these rows of labels.csv; refuses rows that were not drawn."""
        if fold not in self.folds:
            raise ProtocolError(
                f"masks of rate {self.rate} hold folds {sorted(self.folds)}, not {fold}"
            )
        mask = self.folds[fold][rows]
        if not mask.any(axis=1).all():
            raise ProtocolError(
                f"masks of rate {self.rate}, fold {fold}: some rows were not drawn; "
                "delete the availability folder so that they are drawn for these splits"
            )
        return mask


def draw_masks(
    labels: Sequence[Label],
    splits: Iterable[SplitRow],
    dialogue_of: Mapping[str, str],
    modalities: Sequence[str],
    extracted: Mask,
    rate: float,
    generator: GeneratorName,
    mask_seed: int,
) -> StoredMasks:
    """Masks of every fold for its test and validation dialogues; extracted (N, V) as labels.csv."""
    dialogues = np.array([dialogue_of[label.utterance_id] for label in labels])
    by_fold: dict[int, dict[Role, set[str]]] = {}
    for row in splits:
        by_fold.setdefault(row.fold, {}).setdefault(row.role, set()).add(row.dialogue_id)

    folds, realised = {}, {}
    for fold, members in sorted(by_fold.items()):
        narrow = np.zeros((len(labels), len(modalities)), dtype=bool)
        for number, rows in enumerate(_rows_of_roles(dialogues, members)):
            rng = np.random.default_rng([mask_seed, round(1000 * rate), fold, number])
            narrow[rows] = withhold(extracted[rows], rate, generator, rng)
        drawn = narrow.any(axis=1)
        folds[fold] = spread(narrow, modalities)
        realised[fold] = realised_rate(narrow[drawn], extracted[drawn])
    return StoredMasks(rate, mask_seed, labels_digest(labels), folds, realised)


def write_masks(path: Path, masks: StoredMasks) -> None:
    """Write `masks` with the nominal and the realised rate per fold in the header."""
    header = {
        "rate": masks.rate,
        "mask_seed": masks.mask_seed,
        "table": masks.table,
        "realised": {str(fold): rate for fold, rate in masks.realised.items()},
    }
    write_arrays(path, {f"fold{fold}": mask for fold, mask in masks.folds.items()}, header)


def read_masks(path: Path, labels: Sequence[Label]) -> StoredMasks:
    """Read masks that were drawn for these `labels`; refuse masks of another table."""
    arrays, header = read_arrays(path)
    if header["table"] != labels_digest(labels):
        raise ProtocolError(f"{path} was drawn for other utterances than labels.csv holds")
    return StoredMasks(
        header["rate"],
        header["mask_seed"],
        header["table"],
        {int(name.removeprefix("fold")): array for name, array in arrays.items()},
        {int(fold): rate for fold, rate in header["realised"].items()},
    )


def labels_digest(labels: Iterable[Label]) -> str:
    """Digest of the utterances of a label table, whatever their labels are."""
    return text_digest("\n".join(label.utterance_id for label in labels))


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
