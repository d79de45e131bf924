"""Patterns: which modalities of an utterance were extracted and not withheld, `audio+text`.

Apart from the scores by pattern, so that a prediction needs no library of tables.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NOTHING = "nothing"


def pattern_names(usable: NDArray[np.bool_], modalities: Sequence[str]) -> list[str]:
    """The pattern of each of n utterances, usable (n, M)."""
    names = {
        code: "+".join(m for bit, m in enumerate(modalities) if code >> bit & 1) or NOTHING
        for code in range(2 ** len(modalities))
    }
    codes = usable.astype(np.int64) @ (2 ** np.arange(len(modalities)))
    return [names[code] for code in codes.tolist()]
