"""The stored masks of conditions, laid on the line of utterances that a run sees."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.base.arrays import read_header
from pipeline.base.records import MODALITIES, Label
from pipeline.conversations.index import ConversationIndex
from pipeline.protocol.stored_masks import read_masks


def read_conditions(
    paths: Sequence[Path],
    names: Sequence[str],
    fold: int,
    labels: Sequence[Label],
    index: ConversationIndex,
    dialogues: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """(R, N, 3) masks of R conditions over the line of `index`, False outside of `dialogues`."""
    by_name = {str(read_header(path)["rate"]): path for path in paths}
    if missing := sorted(set(names) - set(by_name)):
        raise ValueError(
            f"no stored masks for {', '.join(missing)}, only for {', '.join(sorted(by_name))}; "
            "add rates to protocol.rates, other conditions to the task's `conditions`"
        )

    places = index.utterances_of(dialogues)
    line = np.zeros((len(names), len(index.label_rows), len(MODALITIES)), dtype=bool)
    for number, name in enumerate(names):
        masks = read_masks(by_name[name], labels)
        line[number, places] = masks.of_rows(fold, index.label_rows[places])
    return line
