"""Which vectors are of one voice: agglomerative, average linkage of cosine distances.

Without a number of speakers, voices that are nearer than `SAME_VOICE` are one; what little talk is
left over then is no speaker of its own, but noise, a laugh, or two voices at once; and speakers
whose middles are as alike as `ALIKE` are one after all. Both were chosen on made dialogues: there
the middles of two voices that can be told apart are 0.65 to 0.87 alike, those of one voice that is
cut in two 0.92 and more.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from pipeline.speech.voices import Vectors, mean_vector

SAME_VOICE, ALIKE = 0.22, 0.9
LEAST_TALK_S, LEAST_SHARE = 3.0, 0.05
MOST_SCRAPS = 20
MOST = 3000  # vectors that are compared with each other; 36 MB of distances


def speakers_of(vectors: Vectors, seconds: NDArray[np.float64], number: int | None) -> Vectors:
    """(K, 256): the voice of each speaker; `seconds` of talk behind each of the N >= 1 vectors."""
    step = -(-len(vectors) // MOST)
    vectors, seconds = vectors[::step], seconds[::step]
    if len(vectors) == 1 or number == 1:
        return _voices(vectors, np.zeros(len(vectors), int), seconds)
    tree = linkage(vectors, "average", "cosine")
    if number is not None:
        return _voices(vectors, _of_number(tree, number, seconds), seconds)
    labels = fcluster(tree, SAME_VOICE, "distance") - 1
    return _distinct(vectors, _without_scraps(labels, seconds), seconds)


def _of_number(
    tree: NDArray[np.float64], number: int, seconds: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Labels of the first cut of the tree with so many who talk enough; of the plain cut if none.

    An odd sound joins last: the plain cut would give it the name of a speaker.
    """
    for n_clusters in range(number, min(len(seconds), number + MOST_SCRAPS) + 1):
        labels = fcluster(tree, n_clusters, "maxclust") - 1
        kept = _without_scraps(labels, seconds)
        if kept.max() + 1 == number:
            return kept
    plain: NDArray[np.intp] = fcluster(tree, number, "maxclust") - 1
    return plain


def _without_scraps(labels: NDArray[np.intp], seconds: NDArray[np.float64]) -> NDArray[np.intp]:
    """Labels from 0 on of those who talk enough, at least of one; -1 for the rest."""
    talk = np.bincount(labels, weights=seconds)
    enough = talk >= max(LEAST_TALK_S, LEAST_SHARE * talk.sum())
    enough[talk.argmax()] = True
    names = np.where(enough, np.cumsum(enough) - 1, -1)
    kept: NDArray[np.intp] = names[labels]
    return kept


def _distinct(vectors: Vectors, labels: NDArray[np.intp], seconds: NDArray[np.float64]) -> Vectors:
    """The voices, the two that are most alike made one until none are too alike."""
    while True:
        voices = _voices(vectors, labels, seconds)
        likeness = np.triu(voices @ voices.T, 1)
        first, second = np.unravel_index(likeness.argmax(), likeness.shape)
        if likeness[first, second] < ALIKE:
            return voices
        labels = np.where(labels == second, first, labels)
        labels = np.where(labels > second, labels - 1, labels)


def _voices(vectors: Vectors, labels: NDArray[np.intp], seconds: NDArray[np.float64]) -> Vectors:
    weighted = vectors * seconds[:, None].astype(np.float32)
    return np.stack([mean_vector(weighted[labels == label]) for label in range(labels.max() + 1)])
