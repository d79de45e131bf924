"""Scores by what of an utterance a method could use, and how evenly it uses its modalities."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pandas as pd

Score = Callable[[pd.DataFrame], float]  # of columns target and predicted; nan: undefined


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
