"""What the test role of each fold could use: stored masks and features, read again."""

import numpy as np
import pytest

from pipeline.base.arrays import read_arrays
from pipeline.base.records import Label
from pipeline.base.tables import read_rows
from pipeline.report.masked_folds import masked_folds


@pytest.fixture(scope="module")
def folds(two_methods):
    build, _ = two_methods
    return list(masked_folds(build.results()))


def test_every_condition_has_each_fold_once(folds):
    assert [(fold.condition, fold.fold) for fold in folds] == [
        (rate, fold) for rate in ("0.0", "0.5") for fold in (0, 1)
    ]


def test_a_fold_holds_the_utterances_that_it_tests(folds):
    for fold in folds:
        assert {int(name[1:].partition("_")[0]) % 2 for name in fold.utterance_ids} == {fold.fold}
    names = [name for fold in folds[:2] for name in fold.utterance_ids]
    assert len(names) == len(set(names))


def test_cells_are_those_of_the_stored_mask(two_methods, folds):
    build, _ = two_methods
    masks, _ = read_arrays(build.folder / "t" / "availability" / "0.5_7000.safetensors")
    ids = [label.utterance_id for label in read_rows(build.folder / "t" / "labels.csv", Label)]
    for fold in folds[2:]:
        rows = [ids.index(name) for name in fold.utterance_ids]
        assert np.array_equal(fold.available, masks[f"fold{fold.fold}"][rows])
        assert np.array_equal(fold.usable, fold.available & fold.extracted)


def test_what_was_never_extracted_is_not_usable(folds):
    """The faces of d0_3 were not found, as the build is made."""
    of = {name: row for fold in folds[:1] for row, name in enumerate(fold.utterance_ids)}
    assert folds[0].available[of["d0_3"]].tolist() == [True, True, True]
    assert folds[0].usable[of["d0_3"]].tolist() == [True, True, False]
