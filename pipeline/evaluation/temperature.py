"""Temperatures: how far the probabilities of a network are to be trusted, by what was found.

A network's logits are divided by a number, its temperature, before the softmax: no label changes,
and probabilities come to say how often they are right (Guo et al. 2017, arXiv:1706.04599). What a
pattern of modalities leaves a network to go by decides how sure it may be, so each pattern has its
own; rare ones share that of all. Shapes: n rows, C classes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from pipeline.base.large_arrays import pieces
from pipeline.evaluation.predictions import probabilities

POOLED: Final = "all"  # the temperature of what is rare
MIN_UTTERANCES: Final = 25  # different ones, for a temperature of their own
LOWEST, HIGHEST = -3.0, 5.0  # of the logarithm: between a twentieth and 150
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
    numbers = np.arange(len(targets)) if rows is None else np.flatnonzero(rows)
    total = 0.0

    for piece in pieces(len(numbers), logits.shape[1]):
        own = numbers[piece]
        scaled = logits[own].astype(np.float64) / temperature
        shifted = scaled - scaled.max(axis=1, keepdims=True)
        places = np.arange(len(own)), targets[own]
        total -= float((shifted[places] - np.log(np.exp(shifted).sum(axis=1))).sum())

    return total


def refuted(
    temperatures: Mapping[str, float],
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    patterns: NDArray[np.str_],
) -> tuple[str, ...]:
    """Patterns whose temperature makes these rows less likely than none does.

    So it is where the role that it was fitted on is not like others: where features were fitted to
    its labels, or epochs chosen by it.
    """
    rows = {name: patterns == name for name in temperatures}
    rows[POOLED] = np.ones(len(targets), dtype=bool)

    return tuple(
        name
        for name, temperature in temperatures.items()
        if unlikeliness(logits, targets, temperature, rows[name])
        > unlikeliness(logits, targets, 1.0, rows[name])
    )


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
