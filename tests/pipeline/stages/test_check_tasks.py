"""The stage check_tasks: every task of a corpus is tried, and each that does not fit is told."""

import json

import pytest

from pipeline.base.errors import SettingsError
from pipeline.base.records import Annotation, Utterance
from pipeline.base.tables import write_rows
from pipeline.stages import check_tasks

FOLDS = {"by": "dialogues", "k": 3}
MOOD = {"annotation": "emotion", "classes": {"happy": ["hap"], "sad": ["sad"]}, "folds": FOLDS}


@pytest.fixture
def check(tmp_path):
    """Runs the stage on six dialogues of three turns: happy, sad, and one that nobody named."""
    rows = [
        Utterance(f"d{d}_{t}", f"d{d}", t, "F", "s", "", t, t + 1, "full", "")
        for d in range(6)
        for t in range(3)
    ]
    values = ["hap", "sad", "xxx"]
    told = [Annotation(row.utterance_id, "emotion", values[row.turn]) for row in rows]
    write_rows(tmp_path / "utterances.csv", rows, Utterance)
    write_rows(tmp_path / "annotations.csv", told, Annotation)

    def run(tasks, **more):
        check_tasks.main(
            [
                *("--utterances", f"{tmp_path}/utterances.csv"),
                *("--annotations", f"{tmp_path}/annotations.csv"),
                *("--settings", json.dumps({"tasks": tasks, "protocol": "strict", **more})),
                *("--out", f"{tmp_path}/tasks.json"),
            ]
        )
        return json.loads((tmp_path / "tasks.json").read_text())

    run.out = tmp_path / "tasks.json"
    return run


def test_what_became_of_every_value_is_counted(check, capsys):
    account = check({"mood": MOOD})["mood"]
    assert account["n_utterances"] == 18
    said = capsys.readouterr().out
    assert "mood: 12 of 18 utterances have a label\nmood: happy 6, sad 6\n" in said
    assert said.endswith("done: tasks that fit the tables: mood\n")


def test_no_task_is_no_error(check, capsys):
    assert check({}) == {}
    assert capsys.readouterr().out == "done: tasks that fit the tables: none is asked for\n"


def test_all_tasks_that_do_not_fit_are_told_at_once_and_nothing_is_written(check):
    wrong = {"bored": MOOD | {"annotation": "boredom"}, "mood": MOOD}
    wrong["many"] = MOOD | {"folds": FOLDS | {"k": 9}}
    with pytest.raises(SystemExit) as ended:
        check(wrong)
    bored, many = str(ended.value).splitlines()
    assert bored.startswith("error: tasks.bored: ")
    assert "boredom" in bored
    assert many.startswith("error: tasks.many: ")
    assert not check.out.exists()


def test_a_corpus_that_trains_nothing_tests_in_every_fold(check, capsys):
    """Three dialogues would be too few for nine folds; here all six are tested in each."""
    check({"mood": MOOD}, n_folds_tested={"mood": 9})
    said = capsys.readouterr().out
    assert said.count("6 dialogues for test") == 9
    assert "for train" not in said


def test_settings_are_strict(check):
    with pytest.raises(SettingsError, match="n_folds"):
        check({"mood": MOOD}, n_folds=9)
