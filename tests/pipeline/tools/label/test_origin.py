"""What is said before any label is believed: of which data, how well, and what it does not show."""

import pytest

from pipeline.config.settings import parse_section
from pipeline.evaluation.calibration import Calibration
from pipeline.tools.label.origin import ELSEWHERE, SYNTHETIC, origin_facts, origin_lines, trained_on
from pipeline.tools.label.trained import Facts, TrainedRun
from pipeline.training.learners import build_learner

PEOPLE = {"name": "talks", "reader": "folder", "language": "en", "acted": False, "synthetic": False}
NAMED = "iteacnet of mood, trained at 0.7, fold 0, seed 1"


def run_of(model="ae", settings=None, calibration=None, center=None, classes=("happy", "sad"), **k):
    """A run as it is read, its learner untrained; `k`: what run.json says otherwise."""
    kind = "classification" if classes else "regression"
    name = {"task": "mood", "method": "iteacnet", "train_rate": "0.7", "fold": 0, "seed": 1}
    shape = {"feature_dims": {"audio": 3, "text": 3, "visual": 3}, "n_outputs": len(classes) or 1}
    values = {
        "name": name,
        "corpus": PEOPLE,
        "n_utterances": {"train": 1200, "test": 7},
        "task": {"kind": kind, "classes": classes},
        "method": {"model": model, "settings": settings or {}},
        "standardize": False,
        "shape": {**shape, "kind": kind, "max_utterances": 9, "n_speakers": 2},
        "encoders": None,
        "extraction": None,
        "center": center,
    }

    facts = parse_section(values | k, Facts, where="run.json")
    return TrainedRun(facts, build_learner(facts.method, facts.task_shape()), None, calibration)


def told(*runs):
    return list(origin_lines(runs))


def test_a_run_that_is_calibrated_says_where_its_accuracy_comes_from():
    first, second = told(run_of(calibration=Calibration()))
    assert first == f"{NAMED}: trained on 1200 utterances of talks (en, not acted)"
    assert second == ELSEWHERE


def test_synthetic_data_are_said_first_and_if_one_run_of_several_has_them():
    made = run_of(calibration=Calibration(), corpus=PEOPLE | {"synthetic": True})
    people = run_of(calibration=Calibration())
    assert told(people, made)[0] == SYNTHETIC
    assert SYNTHETIC not in told(people, people)
    assert told(people, made).count(ELSEWHERE) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_utterances": None}, "an unknown number of utterances of talks (en, not acted)"),
        ({"n_utterances": {"test": 7}}, "an unknown number of utterances of talks (en, not acted)"),
        ({"n_utterances": {"train": 1}}, "1 utterance of talks (en, not acted)"),
        ({"corpus": None}, "1200 utterances of a corpus that run.json does not name"),
    ],
)
def test_what_nobody_wrote_down_is_said_to_be_unknown(changes, words):
    assert trained_on(run_of(**changes).facts) == words


@pytest.mark.parametrize(
    ("calibration", "said"),
    [
        (None, f"{NAMED} has no calibration.json: no expected accuracy"),
        (Calibration(reason="too few rows"), f"{NAMED} is not calibrated: too few rows"),
        (Calibration(fitted_on="test"), "is too good to be true"),
    ],
)
def test_a_calibration_that_is_not_to_be_trusted_is_a_doubt(calibration, said):
    assert said in told(run_of(calibration=calibration))[-1]
    is_expected = calibration is not None and not calibration.reason
    assert (ELSEWHERE in told(run_of(calibration=calibration))) == is_expected


def test_a_network_without_probabilities_is_not_blamed_for_its_calibration():
    assert told(run_of("cpmnet"))[1:] == [
        "cpmnet compares classes by inner products: the table has no probabilities"
    ]
    assert told(run_of("cpmnet", classes=(), center=0.0))[1:] == [
        "cpmnet predicts a sign: the size of its numbers says nothing"
    ]


def test_numbers_of_an_older_run_are_distances():
    assert "distances to it" in told(run_of(classes=()))[-1]
    assert "distances to it" not in " ".join(told(run_of(classes=(), center=3.0)))
    assert "distances to it" not in " ".join(told(run_of()))  # of classes


def test_a_network_that_sees_padding_says_so():
    seen = "an utterance's label depends on the other dialogues too"
    assert seen in " ".join(told(run_of("iteacnet", {"padding": "published"})))
    assert seen not in " ".join(told(run_of("iteacnet", {"padding": "exact"})))


def test_programs_are_told_the_same():
    calibrated, bare = origin_facts([run_of(calibration=Calibration()), run_of(corpus=None)])
    assert calibrated["corpus"] == PEOPLE
    assert calibrated["n_utterances"] == {"train": 1200, "test": 7}
    assert calibrated["is_calibrated"] is True
    assert (bare["corpus"], bare["is_calibrated"], bare["model"]) == (None, False, "ae")
    assert origin_facts([run_of(calibration=Calibration(reason="x"))])[0]["is_calibrated"] is False
    assert (bare["task"], bare["fold"], bare["seed"]) == ("mood", 0, 1)
