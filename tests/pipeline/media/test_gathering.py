"""Pictures of many threads become batches of one size, and everybody gets their own answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pipeline.media.gathering import Gathering

N_ROWS = 4
BROKEN = 200


def picture(number, side=3):
    return np.full((side, side, 3), number, np.uint8)


class Card:
    """Answers with the number of each picture; remembers its batches and waits when told to."""

    def __init__(self, patience_s=0.0):
        self.batches = []
        self.free = threading.Event()
        self.free.set()
        self.is_busy = threading.Event()
        self.ask = Gathering(self.work, lambda height, width: N_ROWS, patience_s)

    def work(self, pictures):
        self.is_busy.set()
        self.free.wait(30)
        self.batches.append([(len(picture), int(picture[0, 0, 0])) for picture in pictures])
        if any(picture[0, 0, 0] == BROKEN for picture in pictures):
            raise ValueError("broken")
        return [int(picture[0, 0, 0]) for picture in pictures]


def test_each_thread_gets_the_answers_to_its_own_pictures():
    card = Card()
    with ThreadPoolExecutor(8) as pool:
        asked = [[picture(k + j, 3 + k % 2) for j in range(k % 6)] for k in range(50)]
        found = list(pool.map(card.ask, asked))
    assert found == [[k + j for j in range(k % 6)] for k in range(50)]
    assert sum(map(len, card.batches)) == sum(k % 6 for k in range(50))
    assert all(len(batch) <= N_ROWS for batch in card.batches)
    assert all(len({side for side, _ in batch}) == 1 for batch in card.batches)


def test_what_comes_while_the_device_is_busy_fills_the_next_batch():
    card = Card()
    card.free.clear()
    with ThreadPoolExecutor(10) as pool:
        found = [pool.submit(card.ask, [picture(0)])]
        assert card.is_busy.wait(30)
        found += [pool.submit(card.ask, [picture(k)]) for k in range(1, 9)]
        for _ in range(3000):
            if len(card.ask._waiting) == 8:
                break
            time.sleep(0.01)
        card.free.set()
        assert [future.result(30) for future in found] == [[k] for k in range(9)]
    assert sorted(map(len, card.batches)) == [1, 4, 4]


def test_a_full_batch_does_not_wait_and_a_part_of_one_not_for_ever():
    assert Card(patience_s=300.0).ask([picture(k) for k in range(2 * N_ROWS)]) == list(range(8))
    assert Card(patience_s=0.01).ask([picture(5)]) == [5]


def test_an_error_comes_to_those_in_the_batch_and_the_next_are_served():
    card = Card()
    with pytest.raises(ValueError, match="broken"):
        card.ask([picture(k) for k in (11, 12, BROKEN, 14, 15, 16)])
    assert card.ask([picture(1), picture(2)]) == [1, 2]
    assert card.ask([]) == []
