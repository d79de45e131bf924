"""Temperatures: how far the probabilities of a network are to be trusted, by what was found.

A network's logits are divided by a number, its temperature, before the softmax: no label changes,
and probabilities come to say how often they are right (Guo et al. 2017, arXiv:1706.04599). What a
pattern of modalities leaves a network to go by decides how sure it may be, so each pattern has its
own; rare ones share that of all. Shapes: n rows, C classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from pipeline.base.large_arrays import pieces
from pipeline.evaluation.predictions import probabilities

POOLED: Final = "all"  # the temperature of what is rare
MIN_UTTERANCES: Final = 25  # different ones, for a temperature of their own
LOWEST, HIGHEST = -3.0, 5.0  # of the logarithm: between a twentieth and 150
N_BLOCKS = 5  # of utterances, each left out of one fit
SPREAD = 1.0  # of the logarithm, before anything is seen: ten rows that are all right prove little


def fit_temperature(
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    rows: NDArray[np.bool_] | None = None,
) -> float:
    """The temperature under which the targets (n,) are likeliest, held towards 1 where n is small.

    `rows` (n,) are those that count, None = all.

    Minimises the negative log likelihood and log(T)^2 / 2, a normal prior of deviation `SPREAD`:
    without it, rows that are all right would ask for no doubt at all.
    """

    def cost(log_temperature: float) -> float:
        prior = (log_temperature / SPREAD) ** 2 / 2
        return unlikeliness(logits, targets, float(np.exp(log_temperature)), rows) + prior

    found = minimize_scalar(cost, bounds=(LOWEST, HIGHEST), method="bounded")
    return float(np.exp(found.x))


def unlikeliness(
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    temperature: float,
    rows: NDArray[np.bool_] | None = None,
) -> float:
    """Negative log likelihood of the targets (n,), summed over `rows`."""
    found = _unlikelinesses(logits, targets, temperature, rows)
    return sum(float(values.sum()) for _, values in found)


def unproven(
    temperatures: Mapping[str, float],
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    patterns: NDArray[np.str_],
    utterances: NDArray[np.str_],
) -> tuple[str, ...]:
    """Patterns of which the rows that were fitted to do not show that a temperature helps."""
    rows = {name: patterns == name for name in temperatures}
    rows[POOLED] = np.ones(len(targets), dtype=bool)
    return tuple(
        name
        for name, own in rows.items()
        if not is_shown(crossed_gains(logits, targets, utterances, own))
    )


def crossed_gains(
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    utterances: NDArray[np.str_],
    rows: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """How much likelier a temperature makes each utterance that it was not fitted to; (U,) nats.

    Neighbours are left out together, since a dialogue's rows err alike.
    """
    names = dict.fromkeys(utterances[rows].tolist())
    numbers = {name: number for number, name in enumerate(names)}
    own = np.array([numbers.get(name, -1) for name in utterances.tolist()], dtype=np.int64)
    gains = np.zeros(len(names))

    for block in np.array_split(np.arange(len(names)), min(N_BLOCKS, len(names))):
        held = rows & np.isin(own, block)
        rest = rows & ~held
        if not rest.any():
            continue
        temperature = fit_temperature(logits, targets, rest)
        for sign, divisor in ((1.0, 1.0), (-1.0, temperature)):
            for places, values in _unlikelinesses(logits, targets, divisor, held):
                np.add.at(gains, own[places], sign * values)
    return gains


def is_shown(gains: NDArray[np.float64]) -> bool:
    """Whether the mean gain is above its standard error."""
    if len(gains) < 2:
        return False
    return bool(gains.mean() > gains.std(ddof=1) / np.sqrt(len(gains)))


def _unlikelinesses(
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    temperature: float,
    rows: NDArray[np.bool_] | None,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Numbers of rows and the negative log likelihood of each, piece by piece."""
    numbers = np.arange(len(targets)) if rows is None else np.flatnonzero(rows)
    for piece in pieces(len(numbers), logits.shape[1]):
        own = numbers[piece]
        scaled = logits[own].astype(np.float64) / temperature
        shifted = scaled - scaled.max(axis=1, keepdims=True)
        likelihood = shifted[np.arange(len(own)), targets[own]]
        yield own, np.log(np.exp(shifted).sum(axis=1)) - likelihood


def fit_temperatures(
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    patterns: Sequence[str],
    utterances: Sequence[str],
) -> dict[str, float]:
    """Temperature by pattern, and of all (`POOLED`); patterns of few utterances have none."""
    names, ids = np.array(patterns), np.array(utterances)
    found = {POOLED: fit_temperature(logits, targets)}
    for name in sorted(set(patterns)):
        rows = names == name
        if len(set(ids[rows].tolist())) >= MIN_UTTERANCES:
            found[name] = fit_temperature(logits, targets, rows)
    return found


def calibrated(
    logits: NDArray[np.float32], patterns: Sequence[str], temperatures: Mapping[str, float]
) -> NDArray[np.float64]:
    """(n, C) probabilities under the temperature of each row's pattern."""
    used = [temperatures.get(name, temperatures[POOLED]) for name in patterns]
    return probabilities(logits / np.array(used).reshape(-1, 1))


def as_signs(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Numbers (n, 1) about a middle -> (n, 2) logits of below and above it.

    A sigmoid of the number: 0 is as likely the one as the other.
    """
    return np.concatenate([-outputs / 2, outputs / 2], axis=1)
