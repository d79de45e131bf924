"""Feature files: what goes in comes out, bytes repeat, and what does not fit is refused."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from pipeline.base.arrays import read_arrays, write_arrays
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import (
    FeatureStore,
    StoreError,
    StoreHeader,
    join_stores,
    read_store,
    table_digest,
    write_store,
)

HEADER = StoreHeader("", "audio", "moonshine-tiny", "0" * 64, "frames", "float32")


def make_store(ids, dim=3, seed=0, header=HEADER):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(len(ids), dim)).astype(np.float32)
    status = np.where(rng.random(len(ids)) < 0.3, STATUSES.index("silent"), 0).astype(np.uint8)
    features[status != 0] = 0
    if not dim:
        status[:] = STATUSES.index("silent")
    return FeatureStore(replace(header, table=table_digest(ids)), features, status == 0, status)


def write_shards(folder, parts, **options):
    shards = []
    for number, ids in enumerate(parts):
        path = folder / f"{number}.safetensors"
        write_store(path, make_store(ids, seed=number, **options))
        shards.append((path, ids))
    return shards


def test_what_was_written_is_read(tmp_path):
    store = make_store(["a", "b", "c"])
    write_store(tmp_path / "x.safetensors", store)
    read = read_store(tmp_path / "x.safetensors", ["a", "b", "c"])
    assert read.header == store.header
    assert np.array_equal(read.features, store.features)
    assert np.array_equal(read.extracted, store.extracted)
    assert sum(read.counts().values()) == 3
    assert read.dim == 3


def test_equal_stores_are_equal_bytes(tmp_path):
    for name in "xy":
        write_store(tmp_path / name, make_store(["a", "b"]))
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


@pytest.mark.parametrize("ids", [["b", "a"], ["a", "c"]])
def test_another_table_is_refused(tmp_path, ids):
    write_store(tmp_path / "x", make_store(["a", "b"]))
    with pytest.raises(StoreError, match="another table"):
        read_store(tmp_path / "x", ids)


def test_another_number_of_utterances_is_refused(tmp_path):
    write_store(tmp_path / "x", make_store(["a", "b"]))
    with pytest.raises(StoreError, match="holds 2 utterances, the table 3"):
        read_store(tmp_path / "x", ["a", "b", "c"])


def test_a_file_that_is_no_store_is_refused(tmp_path):
    write_arrays(tmp_path / "x", {"features": np.zeros((1, 1))}, {"table": ""})
    with pytest.raises(StoreError, match="is not a feature store"):
        read_store(tmp_path / "x")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("features", np.full((2, 3), np.nan, np.float32), "NaN"),
        ("features", np.zeros((3, 3), np.float32), "do not belong together"),
        ("extracted", np.array([False, False]), "contradicts"),
    ],
)
def test_content_that_contradicts_itself_is_refused(tmp_path, name, value, message):
    write_store(tmp_path / "x", make_store(["a", "b"], seed=1))
    arrays, header = read_arrays(tmp_path / "x")
    assert arrays["extracted"].any()
    write_arrays(tmp_path / "x", {**arrays, name: value}, header)
    with pytest.raises(StoreError, match=message):
        read_store(tmp_path / "x")


def test_shards_are_joined_in_the_order_of_the_table(tmp_path):
    parts = [["d", "a"], [], ["b", "e", "c"]]
    shards = write_shards(tmp_path, parts)
    joined = join_stores(shards, list("abcde"))
    assert joined.header.table == table_digest(list("abcde"))
    for number, ids in enumerate(parts):
        source = make_store(ids, seed=number)
        for row, name in enumerate(ids):
            place = "abcde".index(name)
            assert np.array_equal(joined.features[place], source.features[row])
            assert joined.status[place] == source.status[row]


def test_remarks_stay_with_their_rows(tmp_path):
    parts = [["b", "d"], ["a", "c"]]
    shards = []
    for number, ids in enumerate(parts):
        path = tmp_path / f"{number}.safetensors"
        write_store(path, replace(make_store(ids), remarks={1: f"of {ids[1]}"}))
        assert read_store(path, ids).remarks == {1: f"of {ids[1]}"}
        shards.append((path, ids))
    joined = join_stores(shards, ["a", "b", "c", "d"])
    assert joined.remarks == {2: "of c", 3: "of d"}


def test_how_many_shards_there_are_does_not_change_a_byte(tmp_path):
    ids = [f"u{number}" for number in range(20)]
    whole = make_store(ids)
    for name, cuts in (("one", [0, 20]), ("three", [0, 3, 11, 20])):
        shards = []
        for first, end in pairwise(cuts):
            part = replace(
                whole,
                header=replace(HEADER, table=table_digest(ids[first:end])),
                features=whole.features[first:end],
                extracted=whole.extracted[first:end],
                status=whole.status[first:end],
            )
            write_store(tmp_path / f"{name}{first}", part)
            shards.append((tmp_path / f"{name}{first}", ids[first:end]))
        write_store(tmp_path / name, join_stores(shards, ids))

    assert (tmp_path / "one").read_bytes() == (tmp_path / "three").read_bytes()


def test_a_shard_without_any_vector_fits_every_dimension(tmp_path):
    (first, ids), *_ = write_shards(tmp_path, [["a", "b"]])
    write_store(tmp_path / "none", make_store(["c"], dim=0))
    joined = join_stores([(tmp_path / "none", ["c"]), (first, ids)], ["a", "b", "c"])
    assert joined.dim == 3
    assert not joined.extracted[2]


def test_shards_of_other_dimensions_encoders_or_tables_are_refused(tmp_path):
    shards = write_shards(tmp_path, [["a"], ["b"]])
    write_store(tmp_path / "wide", make_store(["b"], dim=4, seed=2))
    with pytest.raises(StoreError, match="vectors of 3 numbers, another shard of 4"):
        join_stores([shards[0], (tmp_path / "wide", ["b"])], ["a", "b"])
    write_store(tmp_path / "other", make_store(["b"], header=replace(HEADER, weights="1" * 64)))
    with pytest.raises(StoreError, match="was made with"):
        join_stores([shards[0], (tmp_path / "other", ["b"])], ["a", "b"])
    with pytest.raises(StoreError, match="exactly the utterances"):
        join_stores(shards, ["a", "b", "c"])
