"""Tasks laid on tables: what cannot be trained or scored is refused, with advice that works."""

import re

import pytest

from pipeline.base.records import Annotation, Utterance
from pipeline.config.tasks import LabeledTask
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.playing import play

CLASSES = {"happy": ["happy"], "sad": ["sad"]}


def utterances(n_dialogues, speakers="FM", sessions=1):
    return [
        Utterance(
            f"d{d}_{t}", f"d{d}", t, speakers[t % 2], f"s{d % sessions}", "", t, t + 1, "full", ""
        )
        for d in range(n_dialogues)
        for t in range(4)
    ]


def feelings(rows):
    return [
        Annotation(u.utterance_id, "emotion", ("happy", "sad")[number % 2])
        for number, u in enumerate(rows)
    ]


def task(kind="classification", center=None, metrics=None, scale=None, **folds):
    values = {"kind": kind, "annotation": "emotion" if kind == "classification" else "valence"}
    values |= {"classes": CLASSES} if kind == "classification" else {"center": center}
    values |= {"metrics": metrics, "scale": scale}
    return LabeledTask.model_validate({**values, "folds": {"by": "dialogues", "k": 3, **folds}})


def refusal(played, rows, annotations, protocol="strict"):
    with pytest.raises(ProtocolError) as error:
        play(played, rows, annotations, protocol)
    return str(error.value)


@pytest.mark.parametrize("n_dialogues", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("by", ["dialogues", "speakers", "sessions"])
@pytest.mark.parametrize("protocol", ["strict", "paper"])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_advice_about_folds_can_be_taken(n_dialogues, by, protocol, k):
    """Each setting that a refusal advises makes the refusal go away; else it asks for data."""
    rows = utterances(n_dialogues, sessions=2)
    folds = {"by": by, "k": k}

    try:
        play(task(**folds), rows, feelings(rows), protocol)
    except ProtocolError as error:
        advice = str(error).partition("; ")[2]
        for key, value in re.findall(r"folds\.(k|by)=(\w+)", advice):
            folds[key] = int(value) if key == "k" else value
        protocol = "paper" if "protocol.name=paper" in advice else protocol
        if "set " in advice:
            assert play(task(**folds), rows, feelings(rows), protocol).labels
        else:
            assert n_dialogues < (3 if protocol == "strict" else 2)
            assert "label more dialogues" in advice


def valence(rows, value):
    return [Annotation(u.utterance_id, "valence", str(value(n))) for n, u in enumerate(rows)]


def test_a_scale_on_one_side_of_the_centre_is_refused_and_centred_accepted():
    rows = utterances(6)
    values = valence(rows, lambda n: 1 + n % 5)
    told = refusal(task("regression", metrics="sentiment"), rows, values)
    assert "'valence' goes from 1 to 5 (24 labels)" in told
    assert "no value lies below 0, all others above" in told
    assert "`center` to the middle of the scale (3 for 1 to 5)" in told
    played = play(task("regression", center=3.0, metrics="sentiment"), rows, values, "strict")
    assert {float(label.label) for label in played.labels} == {-2.0, -1.0, 0.0, 1.0, 2.0}


def test_zeros_alone_are_refused():
    rows = utterances(6)
    told = refusal(task("regression", metrics="sentiment"), rows, valence(rows, lambda n: 0))
    assert "every value is 0, and such values are not scored" in told


def test_a_role_on_one_side_is_named_with_its_fold():
    rows = utterances(6)
    values = [
        Annotation(u.utterance_id, "valence", "1" if u.dialogue_id in ("d0", "d1") else "-1")
        for u in rows
    ]
    told = refusal(task("regression", metrics="sentiment"), rows, values)
    assert re.match(r"fold \d, (validation|test): 'valence' goes from", told)


def test_a_scale_on_one_side_of_zero_is_dimensional_and_labels_are_told_from_its_middle():
    rows = utterances(6)
    values = valence(rows, lambda n: 1 + n % 5)
    played = play(task("regression", scale=[1, 5]), rows, values, "strict")
    assert {float(label.label) for label in played.labels} == {-2.0, -1.0, 0.0, 1.0, 2.0}
    said = played.lines(task("regression", scale=[1, 5]))
    assert "values from 1 to 5, midpoint 3; metrics: dimensional" in said


def test_a_label_outside_the_scale_is_named():
    rows = utterances(6)
    told = refusal(task("regression", scale=[1, 5]), rows, valence(rows, lambda n: n))
    assert told.startswith("d0_0: 0 of 'valence' lies outside the scale, 1 to 5")


def test_equal_values_in_a_role_are_refused_for_no_correlation_is_defined():
    rows = utterances(6)
    values = [
        Annotation(row.utterance_id, "valence", str(n) if row.dialogue_id in ("d0", "d1") else "3")
        for n, row in enumerate(rows)
    ]
    told = refusal(task("regression"), rows, values)
    assert re.match(r"fold \d, (validation|test): every value of 'valence' is 3", told)
