"""Rooms by hand: how many utterances and rows hold the longest dialogues that may meet."""

import numpy as np
import torch

from models.fast.fixed_layout import FixedShape
from pipeline.conversations.fixed_batches import number_of_room, rooms_of


def test_rooms_halve_and_the_smallest_that_fits_is_taken():
    rooms = rooms_of(np.array([100, 10, 50, 7, 200]), batch_size=2)
    assert rooms == [  # the two longest are 300 utterances; rows are multiples of 64
        FixedShape(2, 200, 320),
        FixedShape(2, 100, 192),
        FixedShape(2, 50, 128),
        FixedShape(2, 25, 64),
    ]
    for lengths, number in (([200, 1], 0), ([101, 1], 0), ([100, 50], 1), ([50, 7], 2), ([7], 3)):
        assert number_of_room(rooms, torch.tensor(lengths)) == number
    assert rooms_of(np.ones(9, dtype=np.int64), batch_size=4) == [FixedShape(4, 1, 4)]
