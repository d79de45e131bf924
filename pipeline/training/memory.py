"""What steps on long dialogues need: bounded before the first, and given back after each.

What long dialogues free goes back to the system at once. Their maps of T x T values differ in size
from step to step, and glibc keeps freed memory in pieces that fit none of the next ones: one step
of ITEACNet at 2,000 utterances took 10.6 GB so, 2.7 GB with every piece of 1 MiB or more from the
system itself. Corpora as they are published are shorter and keep glibc's own way, which is faster
for them.
"""

import ctypes
import sys

import numpy as np

from models.learner import Learner, check_values
from pipeline.base.errors import TrainingError
from pipeline.conversations.index import IntArray

# In one step. ITEACNet, the largest here, needs 0.3 MiB for each at its defaults: 6 GB.
MAX_BATCH_UTTERANCES = 20_000
LONG_DIALOGUE = 500  # utterances; published corpora have at most 110
M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
PIECE_BYTES = 2**20


def spare_memory(max_utterances: int) -> bool:
    """Whether pieces of 1 MiB or more are now taken from the system one by one (Linux, glibc)."""
    if max_utterances < LONG_DIALOGUE or sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return bool(mallopt and mallopt(M_MMAP_THRESHOLD, PIECE_BYTES))


def check_batches(learner: Learner, lengths: IntArray) -> None:
    """Refuse items (I,) of so many utterances of which a batch would need more than memory holds.

    Raises TrainingError, or TooLargeError, before anything is allocated.
    """
    if learner.batching == "full":  # as large as its data
        return
    batch = np.sort(lengths)[::-1][: learner.batch_size].astype(object)  # the longest may meet
    if learner.fills_padding:
        batch = np.full_like(batch, batch[0])

    n_utterances, is_one = batch.sum(), len(batch) == 1
    what = "one dialogue" if is_one else f"a batch of {len(batch):,}, the longest of {batch[0]:,},"
    way_out = "cut dialogues into parts" if is_one else "lower the method's `batch_size`"

    if n_utterances > MAX_BATCH_UTTERANCES:
        padded = " with its padding" if learner.fills_padding else ""
        raise TrainingError(
            f"{what}{padded} has {n_utterances:,} utterances, more than "
            f"{MAX_BATCH_UTTERANCES:,} (6 GB in training): {way_out}"
        )

    n_values = (batch**2).sum() * learner.values_per_pair
    check_values(n_values, f"maps over dialogues, of {what}", way_out)
