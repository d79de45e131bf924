"""Batches of fixed shape: every part once, summed in order, whatever is beside it.

The network of these tests counts, so that sums are exact.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.errors import EncodingError, SettingsError
from pipeline.base.records import Utterance
from pipeline.features.cache.extractor import Encoded, Item
from pipeline.features.encoders.batched import IN_WORK, Batched, BatchSize

ROWS = {1: 5, 2: 3, 3: 2}  # by shape


def item(name):
    return Item(Utterance(name, "d", 0, "s", "1", "", 0.0, 1.0, "full", ""), seconds=(1.0, 1.0))


class Counting:
    """Encodes numbers as (number, 1); the shape of a number is its last digit."""

    def __init__(self, inputs, chunk=2, run=None):
        self.inputs, self.chunk, self.batches = inputs, chunk, []
        self.run = run or (lambda numbers: [[number, 1] for number in numbers])

    def extractor(self):
        return Batched(
            dim=2,
            read=lambda items, _: (
                (item, self.inputs[item.utterance.utterance_id]) for item in items
            ),
            chunks=lambda parts: (
                parts[k : k + self.chunk] for k in range(0, len(parts), self.chunk)
            ),
            # What is prepared is ten times the number: its last digit is now that of the tens.
            prepare=lambda parts: [number * 10 for number in parts],
            shape_of=lambda number: number // 10 % 10,
            rows=ROWS.__getitem__,
            start=self.start,
            average=lambda total, n: total / n,
            size=BatchSize("features.text.batch_tokens", 64),
            device=torch.device("cpu"),
            ahead=2,
            remark=lambda parts: f"{len(parts)} parts",
        )

    def start(self, shape, numbers):
        self.batches.append((shape, list(numbers)))
        found = np.array(self.run(numbers), np.float32)
        return lambda: found

    def encode(self, order=None, n_workers=1):
        names = list(self.inputs) if order is None else order
        found = list(self.extractor().encode(map(item, names), n_workers))
        assert sorted(result.utterance_id for result in found) == sorted(names)
        return {result.utterance_id: result for result in found}


numbers = st.lists(st.sampled_from([11, 22, 33, 41, 52, 63, 71]), min_size=1, max_size=9)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(numbers, min_size=1, max_size=8), st.randoms(), st.integers(1, 3), st.integers(1, 4)
)
def test_every_part_counts_once_whatever_the_order_the_chunks_and_the_workers(
    inputs, random, n_workers, chunk
):
    named = {f"u{n}": parts for n, parts in enumerate(inputs)}
    order = list(named)
    random.shuffle(order)
    counting = Counting(named, chunk)
    found = counting.encode(order, n_workers)

    for name, parts in named.items():
        expected = np.array([10 * sum(parts) / len(parts), 1], np.float32)
        assert found[name].vector.tobytes() == expected.tobytes()
        assert found[name].detail == f"{len(parts)} parts"
    assert sum(len(batch) for _, batch in counting.batches) == sum(map(len, inputs))
    for shape, batch in counting.batches:
        assert len(batch) <= ROWS[shape]
        assert {number // 10 % 10 for number in batch} == {shape}


def test_batches_are_full_until_the_inputs_end():
    counting = Counting({f"u{n}": [11, 11, 22] for n in range(8)})
    counting.encode()
    sizes = [(shape, len(batch)) for shape, batch in counting.batches]
    assert sorted(sizes) == sorted([*[(1, 5)] * 3, (1, 1), *[(2, 3)] * 2, (2, 2)])


def test_parts_that_end_early_are_summed_in_the_order_of_the_utterance():
    """1e17 + 1 - 1e17 is 0 in float64 and 1e17 - 1e17 + 1 is 1: the order tells."""
    values = {210: 1e17, 220: 1.0, 110: -1e17}
    inputs = {"a": [21, 22, 11], "b": [11, 11, 11, 11]}
    counting = Counting(inputs, run=lambda parts: [[values.get(n, 0), 1] for n in parts])
    found = counting.encode()
    assert [shape for shape, _ in counting.batches] == [1, 2, 1]  # 1e17 and -1e17 come first
    assert found["a"].vector.tolist() == [0, 1]


def test_an_utterance_is_known_as_soon_as_its_last_part_is():
    inputs = {f"u{n}": [11] for n in range(12)}
    steps = Counting(inputs).extractor().encode(map(item, inputs))
    assert [next(steps).utterance_id for _ in range(5)] == [f"u{n}" for n in range(5)]


def test_parts_are_read_as_they_are_needed():
    taken = []

    def endless():
        for n in range(10_000):
            taken.append(n)
            yield item(f"u{n}")

    counting = Counting({f"u{n}": [11] for n in range(10_000)})
    steps = counting.extractor().encode(endless(), 2)
    next(steps)
    # Two batches, two chunks that wait, and what waits for two workers.
    assert len(taken) <= IN_WORK * 5 + 2 + 1 + 5


def test_what_is_known_already_passes_by():
    known = Encoded("u1", None, "no_text")
    found = Counting({"u0": [11], "u1": known, "u2": [11]}).encode()
    assert found["u1"] is known
    assert found["u0"].status == found["u2"].status == "ok"


def test_a_failure_names_the_utterances_of_the_batch():
    def fail(_):
        raise RuntimeError("out of memory")

    with pytest.raises(EncodingError, match=r"^u0, u1, u2 and 2 more: .*out of memory"):
        Counting({f"u{n}": [11] for n in range(5)}, run=fail).encode()


def test_the_next_batch_is_on_its_way_before_the_last_one_is_waited_for():
    order = []

    class Watched(Counting):
        def start(self, shape, numbers):
            number = len(self.batches)
            found = super().start(shape, numbers)
            order.append(f"start {number}")
            return lambda: order.append(f"wait {number}") or found()

    Watched({f"u{n}": [11] for n in range(15)}).encode()
    assert order == ["start 0", "start 1", "wait 0", "start 2", "wait 1", "wait 2"]


def test_lack_of_memory_names_the_setting_its_value_and_a_smaller_one():
    def fail(_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    told = r"^features.text.batch_tokens: 64: a batch of 5 rows of size 1 .*set it to 32"
    with pytest.raises(SettingsError, match=told):
        Counting({f"u{n}": [11] for n in range(5)}, run=fail).encode()


def test_a_batch_that_cannot_be_smaller_says_so():
    error = BatchSize("features.visual.batch_faces", 1).too_large("a batch", torch.device("cpu"))
    assert "no batch can be smaller" in str(error)


def test_vectors_that_are_not_finite_or_not_there_are_told():
    found = Counting({"u": [11, 11]}, run=lambda parts: [[np.inf, 1] for _ in parts]).encode()
    assert (found["u"].status, found["u"].detail) == ("not_finite", "1 of 2 values")
    assert found["u"].seconds == (1.0, 1.0)
    with pytest.raises(EncodingError, match="u: there is nothing to encode"):
        Counting({"u": []}).encode()
