"""Which vectors are of one voice: agglomerative, average linkage of cosine distances.

Without a number of speakers, voices that are nearer than `SAME_VOICE` are one; what little talk is
left over then is no speaker of its own, but noise, a laugh, or two voices at once. The distance was
chosen on made dialogues, where pairs of one voice end at 0.25 or less and of two at 0.26 or more.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from pipeline.speech.voices import Vectors, mean_vector

SAME_VOICE = 0.255
LEAST_TALK_S, LEAST_SHARE = 3.0, 0.05
MOST = 3000  # vectors that are compared with each other; 36 MB of distances


def speakers_of(vectors: Vectors, seconds: NDArray[np.float64], number: int | None) -> Vectors:
    """(K, 256): the voice of each speaker; `seconds` of talk behind each of the N >= 1 vectors."""
    step = -(-len(vectors) // MOST)
    vectors, seconds = vectors[::step], seconds[::step]
    if len(vectors) == 1 or number == 1:
        return _voices(vectors, np.zeros(len(vectors), int), seconds)
    tree = linkage(vectors, "average", "cosine")
    if number is not None:
        return _voices(vectors, fcluster(tree, number, "maxclust") - 1, seconds)
    labels = fcluster(tree, SAME_VOICE, "distance") - 1
    return _voices(vectors, _without_scraps(labels, seconds), seconds)


def _without_scraps(labels: NDArray[np.intp], seconds: NDArray[np.float64]) -> NDArray[np.intp]:
    """Labels from 0 on of those who talk enough, at least of one; -1 for the rest."""
    talk = np.bincount(labels, weights=seconds)
    enough = talk >= max(LEAST_TALK_S, LEAST_SHARE * talk.sum())
    enough[talk.argmax()] = True
    names = np.where(enough, np.cumsum(enough) - 1, -1)
    kept: NDArray[np.intp] = names[labels]
    return kept


def _voices(vectors: Vectors, labels: NDArray[np.intp], seconds: NDArray[np.float64]) -> Vectors:
    weighted = vectors * seconds[:, None].astype(np.float32)
    return np.stack([mean_vector(weighted[labels == one]) for one in range(labels.max() + 1)])
