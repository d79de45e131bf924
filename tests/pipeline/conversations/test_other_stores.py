"""Stores of another corpus: of the network's modalities and widths, or refused by name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.base.errors import CheckpointError
from pipeline.base.records import Utterance
from pipeline.base.tables import read_rows
from pipeline.conversations.other_stores import read_stores_of
from pipeline.features.store import read_store, write_store


@pytest.fixture
def other(make_task):
    """Paths of features, rows of the table, and the widths."""
    words = make_task().arguments()
    paths = [
        Path(word) for word in words if "/features/" in word or word.endswith("text.safetensors")
    ]
    table = next(word for word in words if word.endswith("utterances.csv"))
    dims = {store.header.modality: store.dim for store in map(read_store, paths)}
    return paths, read_rows(Path(table), Utterance), dims


def test_modalities_that_the_network_lacks_are_left_out(other):
    paths, rows, dims = other
    del dims["audio"]
    assert {m: store.dim for m, store in read_stores_of(paths, rows, dims).items()} == dims


def test_what_was_nowhere_found_is_zeros_of_the_right_width(other, tmp_path):
    paths, rows, dims = other
    store = read_store(paths[0])
    empty = replace(
        store,
        features=np.zeros((len(rows), 0), np.float32),
        extracted=np.zeros(len(rows), bool),
        status=np.full_like(store.status, 1),
    )
    write_store(tmp_path / "empty.safetensors", empty)
    modality = store.header.modality
    found = read_stores_of([tmp_path / "empty.safetensors", *paths[1:]], rows, dims)[modality]
    assert found.features.shape == (len(rows), dims[modality])
    assert not found.features.any()
    assert not found.extracted.any()


@pytest.mark.parametrize("change", [1, -1])
def test_other_widths_are_refused_by_name(other, change):
    paths, rows, dims = other
    dims["text"] += change
    with pytest.raises(CheckpointError, match=f"text: .* of {dims['text']} numbers, .* have"):
        read_stores_of(paths, rows, dims)
    with pytest.raises(CheckpointError, match="have 0: make both with the same encoder"):
        read_stores_of([path for path in paths if "text" not in path.name], rows, dims)
