"""Freed memory of long dialogues does not stay with the process."""

import platform
import subprocess
import sys

import numpy as np
import pytest

from models.learner import TooLargeError
from pipeline.base.errors import TrainingError
from pipeline.training.memory import LONG_DIALOGUE, check_batches, spare_memory

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


@pytest.mark.parametrize(
    ("lengths", "attributes", "message"),
    [
        ([20_001], {}, r"one dialogue has 20,001 .* more than 20,000 .*: cut dialogues"),
        ([6000] * 9, {}, r"a batch of 4, the longest of 6,000, has 24,000 .* lower .*`batch_size`"),
        ([1] * 30_000, {"batch_size": 25_000}, r"batch of 25,000, .* has 25,000 utterances"),
        ([1, 1, 9000], {"fills_padding": True}, r"with its padding has 27,000 utterances"),
        ([3000] * 4, {"values_per_pair": 7}, r"need 252,000,000 values, .* lower .*`batch_size`"),
    ],
)
def test_batches_that_no_memory_holds_are_refused(make_learner, lengths, attributes, message):
    with pytest.raises((TrainingError, TooLargeError), match=message):
        check_batches(make_learner(**attributes), np.array(lengths))


@pytest.mark.parametrize(
    ("lengths", "attributes"),
    [
        ([20_000], {}),
        ([5000] * 9, {}),  # four meet in a batch
        ([1, 1, 9000], {}),
        ([3000] * 4, {"values_per_pair": 6}),
        ([1] * 30_000, {"batching": "full"}),  # what there is, is there anyway
    ],
)
def test_batches_that_memory_holds_are_taken(make_learner, lengths, attributes):
    check_batches(make_learner(**attributes), np.array(lengths))


def test_no_step_is_made_before_batches_are_looked_at(make_learner, make_trainer, monkeypatch):
    monkeypatch.setattr("pipeline.training.memory.MAX_BATCH_UTTERANCES", 3)
    learner = make_learner()
    with pytest.raises(TrainingError, match=r"more than 3 .*lower the method's `batch_size`"):
        make_trainer(learner)
    assert not learner.seen
