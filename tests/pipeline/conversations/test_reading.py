import numpy as np
import pytest

from pipeline.conversations.reading import read_fold, read_stores
from pipeline.features.cache.extractor import STATUSES
from pipeline.features.store import FeatureStore, StoreHeader, table_digest, write_store


def test_roles_of_the_fold_and_their_dialogues(small_task):
    folder = small_task.folder
    paths = [folder / f"{name}.csv" for name in ("utterances", "labels", "splits")]
    tables = read_fold(*paths, 1)
    assert tables.roles["test"] == ["s1d0", "s1d1", "s1d2"]
    assert tables.roles["validation"] == ["s2d0", "s2d1", "s2d2"]
    visible = tables.visible("train", "validation")
    assert len(visible.dialogue_ids) == 12
    assert not any(name.startswith("s1") for name in visible.dialogue_ids)
    with pytest.raises(ValueError, match="holds no fold 7"):
        read_fold(*paths, 7)


def test_a_modality_without_any_vector_counts_as_absent(make_task, tables, capsys):
    files = make_task()
    ids = [u.utterance_id for u in tables.utterances]
    status = np.full(len(ids), STATUSES.index("no_face"), np.uint8)
    header = StoreHeader(table_digest(ids), "visual", "e", "w", "mean", "f32")
    store = FeatureStore(header, np.zeros((len(ids), 0), np.float32), status == 0, status)
    write_store(files.features[2], store)
    assert list(read_stores(files.features, tables.utterances)) == ["audio", "text"]
    assert "visual: nothing was extracted" in capsys.readouterr().out
    with pytest.raises(ValueError, match="no modality holds any feature"):
        read_stores(files.features[2:], tables.utterances)


def test_one_modality_twice_is_refused(small_task, tables):
    files = small_task
    with pytest.raises(ValueError, match="expected one file per modality"):
        read_stores([files.features[0], files.features[0]], tables.utterances)
