"""Which modalities the protocol withholds: generators of availability masks, True = usable.

A mask is (N, V) bool for N utterances and the V modalities of a task. What was never extracted can
be neither withheld nor kept: rates are shares of the cells that were extracted, and every utterance
that has any keeps one of these. So the realised missing rate never exceeds 1 - 1/V: a nominal 0.7
means 2/3 of three. Two generators (reading.md B.4): GCNet's, by rejection, and ITEACNet's, with an
exact count.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.base.records import MODALITIES
from pipeline.config.settings import MAX_RATE
from pipeline.config.tasks import GeneratorName
from pipeline.protocol.errors import ProtocolError

Mask = NDArray[np.bool_]

MIN_ROWS = 32  # GCNet draws at least so many rows and keeps the first N
# GCNet draws per batch of 32 dialogues, some 2,000 rows. Its whole-percent thresholds leave a bias
# near the tolerance, which only chance corrects: far larger draws would be refused for ever.
MAX_ROWS = 2048
TOLERANCE = 0.005  # accepted distance between the kept share and 1 - rate
MAX_TRIES = 10_000


def withhold(extracted: Mask, rate: float, generator: GeneratorName, rng: Generator) -> Mask:
    """Extracted cells (N, V) -> available ones, at a nominal missing `rate` of those.

    GCNet's generator knows complete rows alone. Where cells lack the count is exact, which is
    GCNet's rule under the condition that its rate is met. What was never extracted is True.
    """
    if extracted.all():
        n_rows, n_modalities = extracted.shape
        return draw_availability(n_rows, n_modalities, rate, generator, rng)
    check_rate(rate)
    return draw_among(extracted, rate, rng) | ~extracted


def draw_availability(
    n_rows: int, n_modalities: int, rate: float, generator: GeneratorName, rng: Generator
) -> Mask:
    """(n_rows, n_modalities) bool at a nominal missing `rate` of 0 to 0.7; all was extracted."""
    check_rate(rate)
    if generator == "exact":
        return draw_exact(n_rows, n_modalities, rate, rng)
    pieces = [draw_gcnet(n, n_modalities, rate, rng) for n in _pieces(n_rows)]
    return np.concatenate(pieces) if pieces else np.ones((0, n_modalities), dtype=bool)


def draw_gcnet(n_rows: int, n_modalities: int, rate: float, rng: Generator) -> Mask:
    """GCNet's generator (reading.md B.4), with `rng` in place of the global one."""
    kept = 1 - rate
    if rate == 0:
        return np.ones((n_rows, n_modalities), dtype=bool)
    if kept <= 1 / n_modalities:
        return _one_each(n_rows, n_modalities, rng)
    shape = (max(n_rows, MIN_ROWS), n_modalities)
    cells = shape[0] * shape[1]
    # A departure: where no whole count of cells lies within 0.005, GCNet would try for ever
    # (33 rows at 0.5, for one), so the nearest attainable count is accepted.
    tolerance = max(TOLERANCE, 0.5 / cells + 1e-9)
    for _ in range(MAX_TRIES):
        mask = _candidate(shape, kept, rng)
        if mask is not None and abs(mask.mean() - kept) < tolerance:
            return mask[:n_rows]
    raise ProtocolError(
        f"GCNet's generator found no mask of {shape[0]} rows at missing rate {rate} in "
        f"{MAX_TRIES} tries; use a multiple of 0.1, or protocol.generator=exact"
    )


def draw_exact(n_rows: int, n_modalities: int, rate: float, rng: Generator) -> Mask:
    """One random modality per row; what lacks to round(V N (1 - rate)) cells from the others."""
    mask = _one_each(n_rows, n_modalities, rng)
    return _fill_up(mask, ~mask, rate, rng)


def draw_among(extracted: Mask, rate: float, rng: Generator) -> Mask:
    """`draw_exact` among the extracted cells (N, V): one of each row that has any, then others."""
    order = np.where(extracted, rng.random(extracted.shape), -1.0)
    first = extracted & (order.argmax(axis=1)[:, None] == np.arange(extracted.shape[1]))
    return _fill_up(first, extracted & ~first, rate, rng)


def realised_rate(available: Mask, extracted: Mask) -> float:
    """Share of the extracted cells that are withheld; 0 where there are none."""
    n_cells = np.count_nonzero(extracted)
    return 1 - np.count_nonzero(available & extracted) / n_cells if n_cells else 0.0


def check_rate(rate: float) -> None:
    """Refuse missing rates that no generator is made for."""
    if not 0 <= rate <= MAX_RATE:
        raise ProtocolError(
            f"missing rate {rate} lies outside [0, {MAX_RATE}]: one modality per utterance stays"
        )


def spread(mask: Mask, modalities: Iterable[str]) -> Mask:
    """(N, V) over a task's modalities -> (N, 3) over all; absent ones are False, never usable."""
    wide = np.zeros((len(mask), len(MODALITIES)), dtype=bool)
    wide[:, [i for i, name in enumerate(MODALITIES) if name in set(modalities)]] = mask
    return wide


def _candidate(shape: tuple[int, int], kept: float, rng: Generator) -> Mask | None:
    first = _one_each(*shape, rng)
    wanted = first.size * kept - shape[0]  # cells besides the first ones
    trial = _percent(shape, wanted / first.size, rng)
    lost = np.count_nonzero(trial & first)  # they hit cells that are kept anyway
    if lost >= wanted:
        return None
    corrected = wanted / (1 - lost / wanted)
    mask: Mask = first | _percent(shape, corrected / first.size, rng)
    return mask


def _percent(shape: tuple[int, int], share: float, rng: Generator) -> Mask:
    bits: Mask = rng.integers(0, 100, size=shape) < int(100 * share)
    return bits


def _fill_up(mask: Mask, others: Mask, rate: float, rng: Generator) -> Mask:
    """Keep as many of `others`, beside what `mask` keeps, as the rate leaves of both together."""
    places = np.flatnonzero(others)
    n_first = int(np.count_nonzero(mask))
    n_cells = n_first + len(places)
    n_kept = min(max(round(n_cells * (1 - rate)), n_first), n_cells)
    mask.flat[rng.choice(places, size=n_kept - n_first, replace=False)] = True
    return mask


def _one_each(n_rows: int, n_modalities: int, rng: Generator) -> Mask:
    mask: Mask = rng.integers(0, n_modalities, size=(n_rows, 1)) == np.arange(n_modalities)
    return mask


def _pieces(n_rows: int) -> Iterator[int]:
    n_pieces = -(-n_rows // MAX_ROWS)
    for i in range(n_pieces):
        yield n_rows * (i + 1) // n_pieces - n_rows * i // n_pieces
