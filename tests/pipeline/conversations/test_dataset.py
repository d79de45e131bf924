import numpy as np
import pytest
import torch

from pipeline.base.records import Label
from pipeline.config.tasks import ScoredTask
from pipeline.conversations.dataset import build_conversations, shape_of, targets


def test_labels_of_other_dialogues_are_never_parsed(tables, stores, task):
    index = tables.visible("train")
    seen = set(index.utterance_ids)
    poisoned = [
        row if row.utterance_id in seen else Label(row.utterance_id, "POISON")
        for row in tables.labels
    ]
    clean = build_conversations(index, stores, tables.labels, task)
    assert torch.equal(build_conversations(index, stores, poisoned, task).labels, clean.labels)
    with pytest.raises(ValueError, match="POISON"):
        build_conversations(tables.index, stores, poisoned, task)


def test_class_numbers_follow_the_order_of_the_task(task):
    assert targets(["neu", "ang", "hap"], task).tolist() == [2, 0, 1]


def test_values_are_float32():
    values = targets(["-1.4", "0.0"], ScoredTask(kind="regression"))
    assert values.dtype == np.float32
    assert values.tolist() == [np.float32(-1.4), 0]


def test_shape_tells_sizes_and_leaves_absent_modalities_out(tables, stores, task):
    shape = shape_of(tables.index, stores, task)
    assert dict(shape.feature_dims) == {"audio": 5, "text": 7, "visual": 4}
    assert (shape.n_outputs, shape.n_speakers) == (3, 2)
    assert shape.max_utterances == max(tables.index.lengths)
    pair = {m: stores[m] for m in ("audio", "text")}
    assert list(shape_of(tables.index, pair, task).feature_dims) == ["audio", "text"]
    conversations = build_conversations(tables.index, pair, tables.labels, task)
    assert not conversations.extracted[:, 2].any()
