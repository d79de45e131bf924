"""Freed memory of long dialogues does not stay with the process."""

import platform
import subprocess
import sys

import pytest

from pipeline.training.memory import LONG_DIALOGUE, spare_memory

# Blocks of 1 to 5 MiB, of which small ones between keep the heap from shrinking.
KEPT_AFTER_FREEING = """
import ctypes, resource, sys
from pipeline.training.memory import spare_memory
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
libc.mallopt(-3, 2**24)  # glibc's own limit once it has seen large pieces
spare_memory(int(sys.argv[1]))
pieces = []
for n in range(100):
    large = libc.malloc((1 + n % 5) * 2**20)
    ctypes.memset(large, 1, (1 + n % 5) * 2**20)
    pieces.append((large, libc.malloc(100_000)))
for large, _ in pieces:
    libc.free(large)
with open("/proc/self/statm") as stream:
    print(int(stream.read().split()[1]) * resource.getpagesize() // 2**20)
"""


def resident_mib(max_utterances: int) -> int:
    command = [sys.executable, "-c", KEPT_AFTER_FREEING, str(max_utterances)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what glibc's malloc does")
def test_pieces_of_long_dialogues_go_back_at_once():
    assert resident_mib(LONG_DIALOGUE) < resident_mib(110) - 200


def test_dialogues_of_published_corpora_are_left_alone():
    assert not spare_memory(110)
