"""What the folder of a corpus says, read with the readers that wrote it."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.features.store import StoreError, read_store, write_store
from pipeline.report.corpus_facts import read_corpus_facts


def test_facts_are_those_of_the_store(make_build):
    build = make_build(methods={})
    path = build.folder / "c/features/visual.safetensors"
    store = replace(read_store(path), remarks={3: "no picture decodes"})
    write_store(path, store)
    facts = read_corpus_facts(build.folder / "c", ["visual"], []).features["visual"]
    assert (facts.header, facts.dim, facts.seconds) == (store.header, 4, None)
    assert facts.statuses[2:7] == ["ok", *["no_face"] * 3, "ok"]
    assert np.array_equal(facts.extracted, store.extracted)
    assert facts.remarks == {3: "no picture decodes"}


def test_features_of_another_table_are_refused(make_build):
    build = make_build(methods={})
    path = build.folder / "c/features/audio.safetensors"
    store = read_store(path)
    write_store(path, replace(store, header=replace(store.header, table="0" * 64)))
    with pytest.raises(StoreError, match="was made for another table"):
        read_corpus_facts(build.folder / "c", ["audio"], [])
