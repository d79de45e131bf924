"""Stored masks on the line of a run: in its order, of the fold, nothing where nobody asked."""

import numpy as np
import pytest

from pipeline.base.records import MODALITIES
from pipeline.conversations.reading import read_fold, read_stores
from pipeline.training.conditions import read_conditions


@pytest.fixture(scope="module")
def tables(small_task):
    paths = (small_task.folder / f"{name}.csv" for name in ("utterances", "labels", "splits"))
    return read_fold(*paths, 1)


def test_stored_masks_come_in_the_order_of_the_line(small_task, tables):
    files = small_task
    index = tables.visible("train", "test")
    test = index.numbers_of(tables.roles["test"])
    line = read_conditions(files.availability, ["0.7", "0.0"], 1, tables.labels, index, test)
    assert line.shape == (2, len(index.utterance_ids), 3)
    places = index.utterances_of(test)
    stores = read_stores(files.features, tables.utterances)
    extracted = np.stack([stores[m].extracted[index.store_rows[places]] for m in MODALITIES], 1)
    assert ((line[0, places] & extracted).sum(axis=1) == 1).all()  # 0.7: one modality each
    assert line[1, places].all()
    others = np.setdiff1d(np.arange(len(index.utterance_ids)), places)
    assert not line[:, others].any()


def test_a_rate_without_stored_masks_is_named(small_task, tables):
    files = small_task
    with pytest.raises(ValueError, match=r"no stored masks for 0\.45, only for 0\.0, 0\.3, 0\.7"):
        read_conditions(files.availability, ["0.45"], 1, tables.labels, tables.index, np.array([0]))
