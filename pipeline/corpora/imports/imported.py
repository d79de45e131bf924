"""What every import reader returns, and the pooling that they share.

Sequences are averaged over their real frames (FACTS B.2); an utterance without a frame, or whose
vector is not finite, is `extracted = False`, never a vector of zeros.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.records import Annotation, Dropped, Modality, Utterance

Vector = NDArray[np.float32]


class ImportFormatError(ValueError):
    """A file of features does not have the layout that its format promises."""


@dataclass(frozen=True)
class Imported:
    """N utterances, and per modality one (D,) vector or None for each of them."""

    utterances: Sequence[Utterance]
    annotations: Sequence[Annotation]
    vectors: Mapping[Modality, Sequence[Vector | None]]
    dropped: Sequence[Dropped] = ()

    def in_order(self) -> "Imported":
        """The same, dialogue by dialogue in the order of turns."""
        keys = [(u.dialogue_id, u.turn) for u in self.utterances]
        order = sorted(range(len(keys)), key=keys.__getitem__)
        return Imported(
            [self.utterances[i] for i in order],
            self.annotations,
            {name: [rows[i] for i in order] for name, rows in self.vectors.items()},
            self.dropped,
        )


def pooled(value: NDArray[np.floating]) -> Vector | None:
    """Mean over time of (T, D), or (D,) as it is; None where there is no frame or no number."""
    if value.ndim not in (1, 2):
        raise ImportFormatError(f"features of shape {value.shape}: expected (D,) or (T, D)")
    if value.size == 0:
        return None
    vector = value.astype(np.float64).mean(axis=0) if value.ndim == 2 else value
    vector = vector.astype(np.float32)
    return vector if np.isfinite(vector).all() else None


def without_media(
    utterance_id: str, dialogue_id: str, turn: int, speaker: str, text: str, session: str = ""
) -> Utterance:
    """An utterance that has features but no file."""
    return Utterance(
        utterance_id, dialogue_id, turn, speaker, session, "", 0.0, float("inf"), "full", text
    )
