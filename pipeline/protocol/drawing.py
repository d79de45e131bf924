"""Draws the masks of named conditions, one function for each kind; True = usable.

What was never extracted can be neither withheld nor kept: it is True, and counts of cells are
counts of extracted ones, those of dialogues of such that had what is withheld. `only`, `without`
and `dialogue` leave exactly what their name says. The others keep one extracted modality of each
utterance unless the name ends with `nothing-left`: `imbalanced` by exchanging cells of a modality
between utterances, so that its counts stay exact; `blocks` and `real` by giving one cell back,
which lowers the realised rate and is seen in it.
Shapes: N utterances in line, dialogue after dialogue, turn after turn; V modalities of the task.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.base.records import Modality
from pipeline.config.condition_parts import Condition
from pipeline.config.conditions import (
    AtRate,
    Blocks,
    Imbalanced,
    Only,
    Real,
    WholeDialogues,
    Without,
)
from pipeline.config.tasks import GeneratorName
from pipeline.protocol.availability import Mask, withhold


@dataclass(frozen=True)
class Line:
    """What a mask is drawn over."""

    extracted: Mask  # (N, V)
    dialogues: NDArray[np.int64]  # (N,) number of its dialogue
    modalities: tuple[Modality, ...]
    generator: GeneratorName  # of the paper's rates

    def columns(self, names: Sequence[Modality]) -> list[int]:
        """Where these modalities stand."""
        return [self.modalities.index(name) for name in names]


@singledispatch
def draw(condition: Condition, line: Line, rng: Generator) -> Mask:
    """(N, V) bool: what a method may use of each utterance; True where nothing was extracted."""
    raise TypeError(f"no masks can be drawn for {type(condition).__name__}")


@draw.register
def _(condition: AtRate, line: Line, rng: Generator) -> Mask:
    if not condition.nothing_left:
        return withhold(line.extracted, condition.rate, line.generator, rng)
    mask = np.ones_like(line.extracted)
    cells = np.flatnonzero(line.extracted)
    mask.flat[rng.choice(cells, size=round(condition.rate * len(cells)), replace=False)] = False
    return mask


@draw.register
def _(condition: Only, line: Line, rng: Generator) -> Mask:
    mask = ~line.extracted
    mask[:, line.columns(condition.named)] = True
    return mask


@draw.register
def _(condition: Without, line: Line, rng: Generator) -> Mask:
    mask = np.ones_like(line.extracted)
    mask[:, line.columns(condition.named)] = False
    return mask | ~line.extracted


@draw.register
def _(condition: WholeDialogues, line: Line, rng: Generator) -> Mask:
    columns = line.columns(condition.named)
    # A dialogue that never had them cannot lose them: its place would be drawn in vain.
    dialogues = np.unique(line.dialogues[line.extracted[:, columns].any(axis=1)])
    n_off = round(condition.share * len(dialogues))
    off = np.isin(line.dialogues, rng.choice(dialogues, size=n_off, replace=False))
    mask = np.ones_like(line.extracted)
    for column in columns:
        mask[off, column] = False
    return mask | ~line.extracted


@draw.register
def _(condition: Imbalanced, line: Line, rng: Generator) -> Mask:
    mask = np.ones_like(line.extracted)
    for column, rate in enumerate(condition.rates_of(line.modalities)):
        cells = np.flatnonzero(line.extracted[:, column])
        mask[rng.choice(cells, size=round(rate * len(cells)), replace=False), column] = False
    return mask if condition.nothing_left else _exchange(mask, line.extracted, rng)


@draw.register
def _(condition: Blocks, line: Line, rng: Generator) -> Mask:
    mask = np.ones_like(line.extracted)
    for column in range(len(line.modalities)):
        # Neighbours in line are of one dialogue or of two that chance brought together.
        order = _shuffled_dialogues(line.dialogues, rng)
        cells = order[line.extracted[order, column]]
        n_off = round(condition.share * len(cells))
        mask[cells[_stretches(len(cells), n_off, condition.length, rng)], column] = False
    return mask if condition.nothing_left else _give_back(mask, line.extracted, rng)


@draw.register
def _(condition: Real, line: Line, rng: Generator) -> Mask:
    """Every dialogue lends its gaps to one other, turn by turn, from its first again if longer."""
    mask, columns = np.ones_like(line.extracted), line.columns(condition.named)
    lenders = rng.permutation(np.unique(line.dialogues))
    for lender, borrower in zip(lenders, np.roll(lenders, 1), strict=True):
        gaps = ~line.extracted[line.dialogues == lender][:, columns]
        rows = np.flatnonzero(line.dialogues == borrower)
        mask[rows[:, None], columns] = ~gaps[np.arange(len(rows)) % len(gaps)]
    return _give_back(mask | ~line.extracted, line.extracted, rng)


def _stretches(n_cells: int, n_off: int, length: float, rng: Generator) -> Mask:
    """(n_cells,) bool with `n_off` True ones in stretches of mean `length`, parted where possible.

    Lengths and gaps are uniform among all that add up: their means are exact.
    """
    n_stretches = min(max(1, round(n_off / length)), n_off, n_cells - n_off + 1)
    if n_stretches < 1:
        return np.zeros(n_cells, dtype=bool)
    lengths = _parts(n_off, n_stretches, rng)
    # Gaps before, between and after; those between are at least one utterance long.
    gaps = _parts(n_cells - n_off + 2, n_stretches + 1, rng)
    gaps[[0, -1]] -= 1
    is_off = np.tile([False, True], n_stretches + 1)[:-1]
    told = np.empty(2 * n_stretches + 1, dtype=np.int64)
    told[::2], told[1::2] = gaps, lengths
    return np.repeat(is_off, told)


def _parts(total: int, n_parts: int, rng: Generator) -> NDArray[np.int64]:
    """Whole numbers from 1 on that add up to `total`, each way equally likely."""
    cuts = np.sort(rng.choice(total - 1, size=n_parts - 1, replace=False)) + 1
    return np.diff(cuts, prepend=0, append=total)


def _shuffled_dialogues(dialogues: NDArray[np.int64], rng: Generator) -> NDArray[np.int64]:
    """Places of all utterances, dialogues in random order, each from its first to its last."""
    numbers, ranks = np.unique(dialogues, return_inverse=True)
    return np.argsort(rng.permutation(len(numbers))[ranks], kind="stable")


def _give_back(mask: Mask, extracted: Mask, rng: Generator) -> Mask:
    """One extracted cell back for every utterance that lost all it had."""
    empty = extracted.any(axis=1) & ~(mask & extracted).any(axis=1)
    order = np.where(extracted, rng.random(extracted.shape), -1.0)
    mask[empty, order[empty].argmax(axis=1)] = True
    return mask


def _exchange(mask: Mask, extracted: Mask, rng: Generator) -> Mask:
    """A cell back for every utterance that lost all it had, from one that has two or more.

    Both are of one modality, so that counts stay. Where nobody has one to spare it is just given.
    """
    kept = (mask & extracted).sum(axis=1)
    for row in rng.permutation(np.flatnonzero(extracted.any(axis=1) & (kept == 0))):
        for column in rng.permutation(np.flatnonzero(extracted[row])):
            givers = np.flatnonzero(mask[:, column] & extracted[:, column] & (kept > 1))
            if len(givers):
                giver = rng.choice(givers)
                mask[giver, column], mask[row, column] = False, True
                kept[giver], kept[row] = kept[giver] - 1, 1
                break
    return _give_back(mask, extracted, rng)
