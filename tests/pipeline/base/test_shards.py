"""A dialogue's shard depends on its id alone."""

from collections import Counter

from pipeline.base.shards import shard_of


def test_shards_are_the_same_everywhere():
    # printf Ses01F_impro01 | sha256sum begins with 1b15f1abe1aec034
    first = 0x1B15F1ABE1AEC034
    found = [shard_of("Ses01F_impro01", n) for n in (1, 2, 7, 64)]
    assert found == [0, first % 2, first % 7, first % 64]


def test_shards_are_even_enough():
    counts = Counter(shard_of(f"video_{k}", 8) for k in range(4000))
    assert sorted(counts) == list(range(8))
    assert max(counts.values()) < 1.2 * 500
