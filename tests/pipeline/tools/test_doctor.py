"""The doctor says what is expected, there and missing, and exits with 1 when something is."""

import json
import subprocess
import sys

import pytest

from pipeline.base.provenance import ROOT
from pipeline.tools.doctor import main
from tests.pipeline.tools.doctoring import TABLE


def test_healthy_configuration_exits_with_0(configfile, capsys):
    main(["--configfile", configfile()])
    said = capsys.readouterr().out
    assert "any folder/" in said
    assert "1 x media leaves the corpus folder" in said
    assert "u3 (utterances.csv line 4): media leaves the corpus folder: '../b.mp4'" in said
    assert "present  features.audio.encoder: moonshine-tiny" in said
    assert said.rstrip().endswith("Nothing that is needed is missing.")
    row = next(line for line in said.splitlines() if "emotion" in line and "joy" in line)
    assert row.split("│")[1:-1] == [
        " emotion    ", "       ", " joy         ", "        - ", "     1 ", "    1 ",
    ]  # fmt: skip


def test_every_dropped_item_is_shown_on_request(configfile, corpus, capsys):
    rows = [f"v{k},d,../{k}.mp4,sad,test\n" for k in range(30)]
    (corpus / "utterances.csv").write_text(TABLE + "".join(rows))
    for more, n_shown in (([], 20), (["--all-dropped"], 30)):
        main(["--configfile", configfile(), *more])
        said = capsys.readouterr().out
        assert said.count(": media leaves the corpus folder: '../") == n_shown
        assert ("and 10 more: `--all-dropped` shows them" in said) == (n_shown < 30)


def test_missing_root_is_named_with_its_key(configfile, capsys, tmp_path):
    with pytest.raises(SystemExit) as caught:
        main(["--configfile", configfile(), "--config", f"root={tmp_path / 'gone'}"])
    assert caught.value.code == 1
    said = capsys.readouterr().out
    assert "Set `corpora.mine.root`" in said
    assert "MISSING  mine: there is no such folder (corpora.mine.root: " in said


TASK = {"corpus": "mine", "classes": {"good": ["joy"], "bad": ["sad"]}, "folds": {"by": "official"}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"annotation": "emotions"}, "tasks.mood: no utterance has a label: annotation 'emotions'"),
        ({"classes": {"good": ["jay"], "bad": ["sad"]}}, "did you mean 'joy'?"),
        ({"folds": {"by": "dialogues", "k": 5}}, "1 part by dialogues; 3 are needed"),
        ({"folds": {"by": "sessions"}}, "folds.by=sessions: dialogue 'd' has sessions ['']"),
        ({}, "tasks.mood: dialogue 'd' has official splits ['test', 'train']"),
    ],
)
def test_tasks_are_laid_on_the_tables(configfile, capsys, change, told):
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(tasks={"mood": {**TASK, **change}})])
    assert told in capsys.readouterr().out


def test_conditions_of_a_task_are_listed(configfile, corpus, capsys):
    roles = {"u1": "train", "u2": "validation", "u3": "test", "u4": "train"}
    rows = [f"{u},d{u},a.mp4,{'joy' if u in ('u1', 'u3') else 'sad'},{r}" for u, r in roles.items()]
    table = "\n".join([TABLE.splitlines()[0], *rows, ""])
    (corpus / "utterances.csv").write_text(table)
    task = {**TASK, "conditions": ["only:audio", "dialogue:text"]}
    main(["--configfile", configfile(tasks={"mood": task}, protocol={"rates": [0.0, 0.3]})])
    said = capsys.readouterr().out
    assert "tested under 4 conditions: 0.0, 0.3, only:audio, dialogue:text:0.5" in said


def test_an_import_is_tried(configfile, capsys, tmp_path):
    (tmp_path / "all.npz").write_bytes(b"no archive")
    settings = {"reader": "import", "root": str(tmp_path)}
    settings["import"] = {"format": "npz", "path": "all.npz"}
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(corpora={"mine": settings}, tasks={"mood": TASK})])
    said = capsys.readouterr().out
    assert "MISSING  corpora.mine.import: " in said
    assert "Not looked at: its corpus cannot be read yet." in said


def test_demo_that_is_not_made_yet_is_no_fault(configfile, capsys, tmp_path, monkeypatch):
    demo = {"reader": "iemocap", "root": "build/demo/raw", "make_demo": {}}
    monkeypatch.chdir(tmp_path)
    main(["--configfile", configfile(corpora={"demo": demo})])
    assert "Not there yet: the rule make_demo makes it." in capsys.readouterr().out


def test_imported_features_are_looked_for(configfile, capsys, tmp_path):
    imported = {"format": "npz", "path": "all.npz"}
    settings = {"reader": "import", "root": str(tmp_path), "import": imported}
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(corpora={"mine": settings})])
    assert f"MISSING  mine: {tmp_path}/all.npz (corpora.mine.import.path, npz)" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "content",
    [
        "!!python/object/apply:os.system ['touch hacked']\n",
        "corpora: !!python/name:os.system\n",
        "corpora: {x: {reader: folder, root: [}}\n",
    ],
)
def test_yaml_that_builds_objects_is_refused(tmp_path, content, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.yaml"
    path.write_text(content)
    with pytest.raises(SystemExit, match=r"error: .*evil\.yaml"):
        main(["--configfile", str(path)])
    assert not (tmp_path / "hacked").exists()


def test_names_from_a_corpus_are_no_markup(configfile, corpus, capsys):
    (corpus / "utterances.csv").write_text(TABLE + "[red]x[/red],d,a.mp4,:bomb:,test\n")
    main(["--configfile", configfile()])
    assert "[red]x[/red] (utterances.csv line 4): id is not safe" in capsys.readouterr().out


def test_rule_hands_over_the_whole_configuration(corpus, tmp_path):
    config = {"corpora": {"mine": {"reader": "folder", "root": "x"}}, "root": str(corpus)}
    config["cache"] = str(tmp_path / "cache")
    result = subprocess.run(
        [sys.executable, "-m", "pipeline.tools.doctor", "--config-json", json.dumps(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert f"corpora.mine.root: {corpus}" in result.stdout
