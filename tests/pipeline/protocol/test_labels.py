import pytest

from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.labels import labels_of_task
from pipeline.records import Annotation, Label
from pipeline.sections.tasks import LabeledTask

FOLDS = {"by": "official"}


def emotions(**classes):
    return LabeledTask.model_validate({"classes": classes, "folds": FOLDS})


def sentiment():
    task = {"kind": "regression", "annotation": "sentiment", "folds": FOLDS}
    return LabeledTask.model_validate(task)


def annotate(utterances, name, values):
    return [Annotation(u.utterance_id, name, v) for u, v in zip(utterances, values, strict=False)]


def test_values_become_classes_and_others_have_no_label(corpus):
    annotations = annotate(corpus, "emotion", ["exc", "hap", "xxx", "ang"])
    task = emotions(happy=["hap", "exc"], angry=["ang"])
    assert labels_of_task(task, corpus, annotations) == [
        Label("s0d0_0", "happy"),
        Label("s0d0_1", "happy"),
        Label("s0d1_1", "angry"),
    ]


def test_order_is_that_of_the_utterance_table(corpus):
    annotations = annotate(corpus, "emotion", ["ang"] * 6)
    labels = labels_of_task(emotions(a=["ang"]), corpus, annotations[::-1])
    assert [row.utterance_id for row in labels] == [u.utterance_id for u in corpus[:6]]


def test_numbers_are_kept_exactly_and_zero_is_a_label(corpus):
    annotations = annotate(corpus, "sentiment", ["-1.4", "0", "2.3333333"])
    labels = labels_of_task(sentiment(), corpus, annotations)
    assert [float(row.label) for row in labels] == [-1.4, 0.0, 2.3333333]


@pytest.mark.parametrize("value", ["nan", "inf", "good"])
def test_a_label_that_is_no_number_is_named(corpus, value):
    with pytest.raises(ProtocolError, match=f"s0d0_0: label '{value}'"):
        labels_of_task(sentiment(), corpus, annotate(corpus, "sentiment", [value]))


def test_two_values_for_one_utterance_are_refused(corpus):
    twice = annotate(corpus, "emotion", ["ang"]) * 2
    with pytest.raises(ProtocolError, match=r"s0d0_0 has annotation 'emotion' twice"):
        labels_of_task(emotions(a=["ang"]), corpus, twice)


def test_no_label_at_all_says_what_the_annotation_holds(corpus):
    annotations = annotate(corpus, "emotion", ["Anger", "Anger"])
    with pytest.raises(ProtocolError, match=r"holds \{'Anger': 2\}"):
        labels_of_task(emotions(a=["ang"]), corpus, annotations)
