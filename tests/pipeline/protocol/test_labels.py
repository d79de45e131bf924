import pytest

from pipeline.base.records import Annotation, Label
from pipeline.config.tasks import LabeledTask
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.labels import labels_of_task

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
    assert labels_of_task(task, corpus, annotations)[0] == [
        Label("s0d0_0", "happy"),
        Label("s0d0_1", "happy"),
        Label("s0d1_1", "angry"),
    ]


def test_order_is_that_of_the_utterance_table(corpus):
    annotations = annotate(corpus, "emotion", ["ang"] * 6)
    labels, _ = labels_of_task(emotions(a=["ang"]), corpus, annotations[::-1])
    assert [row.utterance_id for row in labels] == [u.utterance_id for u in corpus[:6]]


def test_numbers_are_kept_exactly_and_zero_is_a_label(corpus):
    annotations = annotate(corpus, "sentiment", ["-1.4", "0", "2.3333333"])
    labels, _ = labels_of_task(sentiment(), corpus, annotations)
    assert [float(row.label) for row in labels] == [-1.4, 0.0, 2.3333333]


@pytest.mark.parametrize("value", ["inf", "good", "1,5"])
def test_a_label_that_is_no_number_is_named(corpus, value):
    with pytest.raises(ProtocolError, match=f"s0d0_0: label '{value}'"):
        labels_of_task(sentiment(), corpus, annotate(corpus, "sentiment", [value]))


def test_two_values_for_one_utterance_are_refused(corpus):
    twice = annotate(corpus, "emotion", ["ang"]) * 2
    with pytest.raises(ProtocolError, match=r"s0d0_0 has annotation 'emotion' twice"):
        labels_of_task(emotions(a=["ang"]), corpus, twice)


def test_no_label_at_all_says_what_the_annotation_holds(corpus):
    annotations = annotate(corpus, "emotion", ["Anger", "Anger"])
    with pytest.raises(ProtocolError, match=r"did you mean 'Anger'\? \(.* holds Anger 2\)"):
        labels_of_task(emotions(a=["ang"]), corpus, annotations)


@pytest.mark.parametrize("value", ["nan", "NaN", "NA", "<NA>", " ", "None", "null"])
def test_what_numpy_and_pandas_write_for_nothing_is_no_label(corpus, value):
    annotations = annotate(corpus, "sentiment", ["1.5", value, "-2"])
    labels, account = labels_of_task(sentiment(), corpus, annotations)
    assert [float(row.label) for row in labels] == [1.5, -2.0]
    assert account.unused == {value: 1}
    assert (
        "1 utterance has a value of 'sentiment' that is no number" in account.notes(sentiment())[0]
    )


def test_a_label_is_the_distance_to_the_centre(corpus):
    task = sentiment().model_copy(update={"center": 3.0})
    labels, _ = labels_of_task(task, corpus, annotate(corpus, "sentiment", ["1", "3", "4.5"]))
    assert [float(row.label) for row in labels] == [-2.0, 0.0, 1.5]


def test_values_that_cost_labels_are_counted_and_spellings_told(corpus):
    task = emotions(happy=["happy"], sad=["sad", "gloomy"])
    values = ["happy", "Happy", "HAPPY", "sad", "bored", "Happy"]
    labels, account = labels_of_task(task, corpus, annotate(corpus, "emotion", values))
    assert len(labels) == 2
    assert account.unused == {"Happy": 2, "HAPPY": 1, "bored": 1}
    assert account.n_without == account.n_utterances - 6
    notes = account.notes(task)
    assert "4 utterances have values of 'emotion' that belong to no class" in notes[0]
    assert notes[0].endswith("Happy 2, HAPPY 1, bored 1")
    assert "'Happy' is a value of class 'happy' but for capitals" in notes[1]
    assert "'HAPPY' is a value of class 'happy'" in notes[2]
    assert notes[3:] == ["values in `classes` that no utterance has: gloomy"]


def test_a_class_that_no_utterance_has_is_refused_with_what_is_near(corpus):
    task = emotions(happy=["hapy"], sad=["sad"])
    annotations = annotate(corpus, "emotion", ["happy", "sad", "happy"])
    with pytest.raises(
        ProtocolError, match=r"class 'happy': no utterance has 'hapy'; did you"
    ) as e:
        labels_of_task(task, corpus, annotations)
    assert "did you mean 'happy'?" in str(e.value)
    assert "holds sad 1, happy 2" in str(e.value)


def test_a_wrong_annotation_is_answered_with_those_that_are_there(corpus):
    with pytest.raises(ProtocolError, match=r"there are emotions 2; did you mean 'emotions'\?"):
        labels_of_task(emotions(a=["a"]), corpus, annotate(corpus, "emotions", ["a", "b"]))
