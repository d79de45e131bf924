"""Labels of the test role change nothing before scoring: masks, weights, histories, predictions.

Each method is trained and asked twice, the second time with every label of its test role another
one. Whatever looked at them would write other bytes.
"""

import numpy as np
import pytest

from models.registry import our_methods
from pipeline.base.records import Label
from pipeline.base.tables import read_rows, write_rows
from tests.pipeline.conftest import CLASSES, draw_masks_of_task
from tests.pipeline.stages.training_runs import predict_once, train_once
from tests.small_methods import small_method

NUMBERS = ("-2.0", "-0.4", "1.2")


def poison(files, kind):
    """Every label of what fold 1 tests becomes another one; how many that are."""
    path = files.folder / "labels.csv"
    values = NUMBERS if kind == "regression" else CLASSES
    rng, rows = np.random.default_rng(0), read_rows(path, Label)
    poisoned = [
        Label(row.utterance_id, str(rng.choice([v for v in values if v != row.label])))
        if row.utterance_id.startswith("s1")
        else row
        for row in rows
    ]
    write_rows(path, poisoned, Label)
    return sum(old != new for old, new in zip(rows, poisoned, strict=True))


def run_all(files, out, rate):
    """Bytes of the stored masks and of the run, predictions without the targets beside them."""
    out.mkdir()
    draw_masks_of_task(files.folder, files.modalities)
    masks = [path.read_bytes() for path in files.availability]
    run = train_once(files, out, rate=rate)
    rows = predict_once(files, out)
    targets = [row.pop("target") for row in rows]
    return (masks, run, rows), targets


@pytest.mark.parametrize("model", our_methods())
@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_poisoned_labels_of_the_test_role_change_no_byte(make_task, tmp_path, model, kind):
    files = make_task(kind=kind, method=small_method(model), n_epochs=2, standardize=True)
    before, targets = run_all(files, tmp_path / "before", "random")
    assert poison(files, kind) > 10
    after, poisoned = run_all(files, tmp_path / "after", "random")
    assert after == before
    assert all(target != other for target, other in zip(targets, poisoned, strict=True))


def test_poison_in_the_training_role_is_noticed(make_task, tmp_path):
    """The test above can fail: a label that may be seen changes weights and predictions."""
    files = make_task(method=small_method("ae"), n_epochs=2)
    before, _ = run_all(files, tmp_path / "before", "random")
    path = files.folder / "labels.csv"
    rows = read_rows(path, Label)
    number = next(n for n, row in enumerate(rows) if row.utterance_id.startswith("s3"))
    other = next(name for name in CLASSES if name != rows[number].label)
    rows[number] = Label(rows[number].utterance_id, other)
    write_rows(path, rows, Label)
    after, _ = run_all(files, tmp_path / "after", "random")
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert after[2] != before[2]
