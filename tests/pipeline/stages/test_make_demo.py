import json

import pytest

from pipeline.stages.make_demo import main

TINY = {"seed": 5, "n_dialogues": 5, "n_turns": 2, "wav": False}


def test_the_stage_makes_a_corpus_and_says_how_large_it_is(tmp_path, capsys):
    out = tmp_path / "raw"
    main(["--settings", json.dumps(TINY), "--out", str(out)])
    assert capsys.readouterr().out.startswith("done: 5 dialogues, 10 labeled utterances")
    summary = json.loads((out / "DEMO.json").read_text(encoding="utf-8"))
    assert summary["settings"] == {**TINY, "incomplete": 0.065}
    assert len(list(out.glob("Session?/dialog/avi/DivX/Ses*.avi"))) == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_dialogues": 4}, r"make_demo\.n_dialogues.*greater than or equal to 5.*4"),
        ({"incomplete": 0.5}, r"make_demo\.incomplete.*less than or equal to 0\.2.*0\.5"),
        ({"n_turn": 3}, r"make_demo\.n_turn.*unknown key"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(tmp_path, changes, message):
    with pytest.raises(SystemExit, match=message):
        main(["--settings", json.dumps({**TINY, **changes}), "--out", str(tmp_path / "raw")])
    assert not (tmp_path / "raw").exists()


def test_no_worker_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--settings", "{}", "--threads", "0", "--out", str(tmp_path)])
    assert "--threads 0" in capsys.readouterr().err


def test_a_foreign_folder_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SystemExit, match="holds files"):
        main(["--settings", json.dumps(TINY), "--out", str(tmp_path)])
