"""What a transcriber gives, and when it is not to be believed: speech of another language.

An English transcriber that hears another language invents, fluently. But it is unsure of its words:
over all languages of espeak-ng and the clips that we tried, the mean log-probability of its tokens
is -0.86 or less, and -0.43 or more in English (docs/speech.md). A single short turn may be as
unsure in English, so what decides is the mean over the turns nearby.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.corpora.turns import Turn, as_written

LOOP = 3  # times in a row
NEARBY_S = 30.0  # turns within so many seconds speak the same language


@dataclass(frozen=True)
class Words:
    """Text, the mean log-probability of its tokens (None: nobody knows), and their number."""

    text: str
    mean_log: float | None
    n_tokens: int


def written(
    turns: Sequence[Turn], words: Sequence[Words], min_log_probability: float
) -> list[Turn]:
    """Turns with their words, or the reason why they have none."""
    means = _nearby_means(turns, words)
    return [
        _written(turn, found, mean, min_log_probability)
        for turn, found, mean in zip(turns, words, means, strict=True)
    ]


def _written(turn: Turn, found: Words, nearby: float | None, least: float) -> Turn:
    if not found.text:
        return replace(turn, remark="no_text: no word was heard")
    if nearby is not None and nearby < least:
        remark = (
            "no_text: not English, as far as can be heard (mean log-probability of the words "
            f"nearby {nearby:.2f}, limit {least:g})"
        )
        return replace(turn, remark=remark)
    sure = None if found.mean_log is None else as_written(np.exp(found.mean_log))
    return replace(turn, text=found.text, text_confidence=sure)


def _nearby_means(turns: Sequence[Turn], words: Sequence[Words]) -> list[float | None]:
    """Of each turn the mean over the tokens of all turns that begin near its own beginning."""
    starts = np.array([turn.start_s for turn in turns])
    counts = np.array([0 if found.mean_log is None else found.n_tokens for found in words])
    logs = counts * np.array([found.mean_log or 0.0 for found in words])
    first = np.searchsorted(starts, starts - NEARBY_S, "left")
    last = np.searchsorted(starts, starts + NEARBY_S, "right")
    sums = np.concatenate([[0.0], np.cumsum(logs)])
    numbers = np.concatenate([[0], np.cumsum(counts)])
    return [
        float((sums[b] - sums[a]) / (numbers[b] - numbers[a])) if numbers[b] > numbers[a] else None
        for a, b in zip(first, last, strict=True)
    ]


def without_loop(tokens: Sequence[int]) -> int:
    """How many tokens there are before something is said for the third time in a row.

    A network that has lost the thread repeats itself, surer each time; what it says once may be
    meant. Neither the echoes nor how sure they are tell anything of the sound.
    """
    for end in range(LOOP, len(tokens) + 1):
        for period in range(1, end // LOOP + 1):
            last = tokens[end - period : end]
            before = [tokens[end - n * period - period : end - n * period] for n in range(1, LOOP)]
            if all(part == last for part in before):
                return end - (LOOP - 1) * period
    return len(tokens)
