"""Scores by what of an utterance a method could use, and how evenly it uses its modalities.

A pattern is the set of modalities that were extracted and not withheld: `audio+text`, or nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NOTHING = "nothing"
Score = Callable[[pd.DataFrame], float]  # of columns target and predicted; nan: undefined


def pattern_names(usable: NDArray[np.bool_], modalities: Sequence[str]) -> list[str]:
    """The pattern of each of n utterances, usable (n, M)."""
    names = {
        code: "+".join(m for bit, m in enumerate(modalities) if code >> bit & 1) or NOTHING
        for code in range(2 ** len(modalities))
    }
    codes = usable.astype(np.int64) @ (2 ** np.arange(len(modalities)))
    return [names[code] for code in codes.tolist()]


def scores_by_pattern(
    predictions: pd.DataFrame, pattern_of: Mapping[tuple[str, str], str], score: Score
) -> dict[str, float]:
    """Score of one run by pattern, over all its conditions; pattern_of: (rate, utterance_id)."""
    keys = zip(predictions["rate"], predictions["utterance_id"], strict=True)
    patterns = pd.Series([pattern_of.get(key, "") for key in keys], index=predictions.index)
    groups = predictions.groupby(patterns)
    return {str(name): score(group) for name, group in groups if name}


def balance(values: Mapping[str, float], modalities: Sequence[str]) -> Iterator[tuple[str, float]]:
    """How evenly modalities serve, from scores by subset (`audio+text`): what, and the number.

    Each alone; the worst; best less worst alone (0: all serve alike); and what is lost where one
    is taken away from all.
    """
    alone = [values[name] for name in modalities]
    yield from ((f"{name} alone", value) for name, value in zip(modalities, alone, strict=True))
    yield "worst alone", min(alone)
    yield "gap alone", max(alone) - min(alone)
    for name in modalities:
        rest = "+".join(other for other in modalities if other != name)
        yield f"lost without {name}", values["+".join(modalities)] - values[rest]
