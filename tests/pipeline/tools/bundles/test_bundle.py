"""The same study gives the same bytes; results of another study give none."""

import json

import pytest

from tests.pipeline.tools.bundles.conftest import make_bundle, write_study


def test_the_same_study_gives_the_same_bytes(bundled, study_build, tmp_path, capsys):
    again = make_bundle(study_build, tmp_path / "again.zip")
    assert again.read_bytes() == bundled.read_bytes()
    said = capsys.readouterr().out
    assert "2 methods, 4 runs of t" in said
    assert "python -m pipeline verify" in said


def test_results_that_do_not_belong_to_the_study_are_refused(tmp_path):
    build = write_study(tmp_path / "s")
    out = tmp_path / "s.zip"
    scores = build.folder / "t" / "scores.csv"
    text = scores.read_text()
    cells = text.splitlines()[1].split(",")
    scores.write_text(text.replace(cells[-1], "0.25", 1))
    with pytest.raises(SystemExit, match=r"scores\.csv is not what the predictions give .*0\.25"):
        make_bundle(build, out)
    scores.write_text(text)
    build.config["train"]["methods"] = ["gcnet"]
    (build.root / "study.yaml").write_text(json.dumps(build.config))
    with pytest.raises(SystemExit, match="another configuration made it since"):
        make_bundle(build, out)
    assert not list(tmp_path.glob("*.zip*"))


def test_a_file_that_is_there_is_kept(study_build, tmp_path):
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(SystemExit, match="is there already: name a new file"):
        make_bundle(study_build, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_text() == "mine"
