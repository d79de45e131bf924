"""Confusion against scikit-learn; sentiment by sign."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from pipeline.config.tasks import ScoredTask
from pipeline.report import confusion as confusion_module
from pipeline.report import metrics_page
from pipeline.report.confusion import confusion, confusion_part
from tests.pipeline.report.task_artefacts import CLASSES


def test_counts_equal_scikit_learn():
    rng = np.random.default_rng(0)
    classes = ("a", "b", "c")
    frame = pd.DataFrame({"target": rng.choice(classes, 40), "predicted": rng.choice(classes, 40)})
    expected = confusion_matrix(frame["target"], frame["predicted"], labels=classes)
    result = confusion(frame, ScoredTask(classes=classes))
    assert np.array_equal(np.array(result.counts), expected)
    np.testing.assert_allclose(np.array(result.shares).sum(1), 1)


def test_sentiment_is_counted_by_sign_without_zeros():
    frame = pd.DataFrame({"target": [1.0, -2.0, 0.0], "predicted": [-1.0, -0.1, 3.0]})
    result = confusion(frame, ScoredTask(kind="regression"))
    assert result.classes == ("negative", "positive")
    assert result.counts == ((1, 0), (1, 0))


def test_classes_stand_in_the_order_of_the_configuration(two_methods):
    build, _ = two_methods
    assert list(CLASSES) != sorted(CLASSES)
    table = build.table("t_confusion_0.5")
    assert list(dict.fromkeys(table["target"])) == list(CLASSES)
    assert list(dict.fromkeys(table["predicted"])) == list(CLASSES)


def test_sentiment_is_counted_by_sign(make_build):
    build = make_build(kind="regression")
    build.report()
    assert set(build.table("t_confusion_0.0")["target"]) == {"negative", "positive"}


def test_of_many_classes_no_matrix_is_made(two_methods, monkeypatch):
    """Its cells grow with the square of the classes, and each was a text in a picture."""
    build, _ = two_methods
    results = build.results()
    counts = build.table("t_confusion_0.5").set_index(["target", "predicted"])["count"]
    for module in (confusion_module, metrics_page):
        monkeypatch.setattr(module, "DRAWN_CLASSES", len(CLASSES) - 1)
    part = confusion_part(results)
    assert not part.figures
    assert metrics_page.metrics_part(results).figures == []
    table = part.tables[-1]
    assert dict(table.data.set_index(["target", "predicted"])["count"]) == dict(counts[counts > 0])
    assert all(row.cells[0].text != row.cells[1].text for row in table.rows)
    assert table.data.groupby("target")["share_of_row"].sum().to_numpy() == pytest.approx(1)
