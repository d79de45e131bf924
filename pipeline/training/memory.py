"""What long dialogues free goes back to the system at once.

Their maps of T x T values differ in size from step to step, and glibc keeps freed memory in pieces
that fit none of the next ones: one step of ITEACNet at 2,000 utterances took 10.6 GB so, 2.7 GB
with every piece of 1 MiB or more from the system itself. Corpora as they are published are shorter
and keep glibc's own way, which is faster for them.
"""

import ctypes
import sys

LONG_DIALOGUE = 500  # utterances; published corpora have at most 110
M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
PIECE_BYTES = 2**20


def spare_memory(max_utterances: int) -> bool:
    """Whether pieces of 1 MiB or more are now taken from the system one by one (Linux, glibc)."""
    if max_utterances < LONG_DIALOGUE or sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    return bool(mallopt and mallopt(M_MMAP_THRESHOLD, PIECE_BYTES))
