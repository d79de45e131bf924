"""What the labels of a role allow: a fold that is worth nothing is refused, less is told."""

import pytest

from pipeline.base.records import Annotation, Utterance
from pipeline.config.tasks import LabeledTask
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.playing import play

ROLES = ("train", "train", "validation", "validation", "test", "test")
CLASSES = {"happy": ["happy"], "sad": ["sad"], "calm": ["calm"]}


def played(value_of, only=(), **section):
    """Six dialogues of four utterances with the official roles; `value_of` (dialogue, turn)."""
    rows = [
        Utterance(f"d{d}_{t}", f"d{d}", t, "F", "", "", t, t + 1, "full", "")
        for d in range(len(ROLES))
        for t in range(4)
    ]
    given = [
        Annotation(row.utterance_id, name, str(value))
        for row in rows
        for name, value in (
            ("a", value_of(int(row.dialogue_id[1:]), row.turn)),
            ("split", ROLES[int(row.dialogue_id[1:])]),
        )
    ]

    section = {"kind": "classification", "classes": CLASSES, **section}
    if section["kind"] == "regression":
        section.pop("classes")
    task = LabeledTask.model_validate({"annotation": "a", "folds": {"by": "official"}, **section})
    return play(task, rows, given, "strict", only=only)


def all_three(dialogue, turn):
    return list(CLASSES)[(dialogue + turn) % 3]


def test_roles_that_hold_every_class_need_no_note():
    assert played(all_three).notes == []


def test_classes_that_a_role_lacks_are_told_and_what_training_lacks_is_never_learned():
    notes = played(lambda d, t: all_three(d, t) if d > 3 else ("happy", "sad")[t % 2]).notes
    assert notes == [
        "classes without any label in train: calm in fold 0; what training lacks no method can "
        "learn",
        "classes without any label in validation: calm in fold 0",
    ]


def test_a_role_of_one_class_is_told_for_whoever_says_so_scores_all():
    notes = played(lambda d, t: all_three(d, t) if d < 4 else "sad").notes
    assert notes[0] == (
        "fold 0, test: all 8 labels are 'sad': who always says so scores 100 % there; use fewer or "
        "other folds"
    )
    assert notes[1:] == ["classes without any label in test: happy in fold 0, calm in fold 0"]


def test_training_on_one_class_alone_is_refused():
    with pytest.raises(ProtocolError) as error:
        played(lambda d, t: all_three(d, t) if d > 1 else "calm")
    assert str(error.value) == (
        "fold 0, train: every label of 'a' is 'calm' (8 labels), so that there is nothing to "
        "learn: use fewer or other folds, leave this one out of `folds.only`, or take another "
        "annotation"
    )


def test_only_folds_that_are_to_run_are_refused():
    folds = {"by": "dialogues", "k": 3}
    splits = played(all_three, folds=folds).splits
    calm = {int(row.dialogue_id[1:]) for row in splits if (row.fold, row.role) == (1, "train")}

    def of_others(only):
        return played(lambda d, t: "calm" if d in calm else all_three(d, t), only, folds=folds)

    assert of_others((0, 2)).splits == splits
    for only in ((), (1,)):
        with pytest.raises(ProtocolError, match="fold 1, train: every label of 'a' is 'calm'"):
            of_others(only)


def test_a_task_of_one_class_is_what_was_asked_for():
    assert played(lambda d, t: "happy", classes={"happy": ["happy"]}).notes == []


def test_training_on_equal_numbers_is_refused():
    with pytest.raises(ProtocolError, match=r"fold 0, train: every label of 'a' is 3 \(8 labels\)"):
        played(lambda d, t: d + t if d > 1 else 3, kind="regression", scale=[0, 8])


def test_numbers_that_are_equal_in_32_bits_are_equal():
    with pytest.raises(ProtocolError, match="no correlation or CCC is defined"):
        played(lambda d, t: 1 + 1e-9 * (4 * d + t), kind="regression")


def test_training_on_one_side_of_the_middle_is_told():
    notes = played(
        lambda d, t: t + 1 if d < 2 else t - 1.5, kind="regression", metrics="sentiment"
    ).notes
    assert notes == [
        "fold 0, train: no value of 'a' lies on both sides of 0, all above: no method can learn "
        "the other side"
    ]


@pytest.mark.parametrize("value", ["1e300", "-2e9"])
def test_numbers_that_no_network_can_learn_are_refused_by_name(value):
    with pytest.raises(ProtocolError, match=f"d0_0: label {value!r} of 'a' is more than 1e\\+09"):
        played(lambda d, t: value if (d, t) == (0, 0) else d - t, kind="regression")


def test_of_many_lacking_classes_some_are_named():
    classes = {f"c{number}": [f"c{number}"] for number in range(24)}
    notes = played(lambda d, t: f"c{4 * d + t}", classes=classes).notes
    assert notes[0].startswith("classes without any label in train: c8 in fold 0, c9 in fold 0,")
    assert "c15 in fold 0 and 8 more" in notes[0]
