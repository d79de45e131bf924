"""The doctor says what is expected, there and missing, and exits with 1 when something is."""

import json
import subprocess
import sys
import wave

import numpy as np
import pytest
import torch

from pipeline.base.provenance import ROOT
from pipeline.media import decoder
from pipeline.tools.doctor import main
from tests.pipeline import clips

TABLE = "utterance_id,dialogue_id,media,emotion,split\nu1,d,a.mp4,joy,train\nu2,d,a.mp4,sad,test\n"


@pytest.fixture
def corpus(tmp_path):
    root = tmp_path / "corpus"
    root.mkdir()
    (root / "utterances.csv").write_text(TABLE + "u3,d,../b.mp4,sad,test\n")
    write_sound(root / "a.mp4")
    return root


def write_sound(path):
    """A tenth of a second; what a file is called does not matter to a decoder."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1600))


@pytest.fixture
def configfile(tmp_path, corpus):
    """Write a configuration with one corpus."""

    def do(**values):
        settings = {"reader": "folder", "root": str(corpus)}
        config = {"cache": str(tmp_path / "cache"), "corpora": {"mine": settings}, **values}
        path = tmp_path / "config.yaml"
        path.write_text(json.dumps(config))  # JSON is YAML
        return str(path)

    return do


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


def test_corpus_without_any_media_is_missing_something(configfile, corpus, capsys):
    (corpus / "a.mp4").unlink()
    with pytest.raises(SystemExit):
        main(["--configfile", configfile()])
    assert "MISSING  mine: all 1 media files, e.g. a.mp4: is not there" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty (0 bytes)"), (b"RIFF\0\0\0\0AVI ", "unreadable: not a media file")],
)
def test_what_is_called_present_is_opened(configfile, corpus, capsys, content, reason):
    (corpus / "utterances.csv").write_text(TABLE + "u4,d,b.avi,sad,test\n")
    (corpus / "b.avi").write_bytes(content)
    with pytest.raises(SystemExit):
        main(["--configfile", configfile()])
    said = capsys.readouterr().out
    assert f"MISSING  mine: 1 of 2 media files cannot be used, e.g. b.avi: {reason}" in said
    row = next(line for line in said.splitlines() if "media files" in line and "│" in line)
    assert [cell.strip() for cell in row.split("│")[3:-1]] == ["media files", "-", "1", "1"]


DYING = """
import os, signal
from pipeline.media import decoding, header_service
real = header_service.open_media
def open_media(path):
    if path.name == "evil.mp4":
        os.kill(os.getpid(), signal.SIGSEGV)
    return real(path)
header_service.open_media = open_media
decoding.main()
"""


def test_a_file_that_kills_its_decoder_is_named_and_the_others_are_opened(
    configfile, corpus, capsys, monkeypatch
):
    monkeypatch.setattr(decoder, "COMMAND", (sys.executable, "-c", DYING))
    rows = "u4,d,evil.mp4,sad,test\nu5,d,z.mp4,sad,test\n"
    (corpus / "utterances.csv").write_text(TABLE + rows)
    (corpus / "evil.mp4").write_bytes(b"x")
    write_sound(corpus / "z.mp4")
    with pytest.raises(SystemExit):
        main(["--configfile", configfile()])
    said = capsys.readouterr().out
    assert "1 of 3 media files cannot be used, e.g. evil.mp4: unreadable: the decoder died" in said


def test_a_video_without_sound_is_media(configfile, corpus, capsys):
    pictures = [np.zeros((64, 64, 3), np.uint8)] * 5
    clips.write_video(corpus / "silent.mp4", pictures, [k / 5 for k in range(5)], rate=5)
    (corpus / "utterances.csv").write_text(TABLE + "u4,d,silent.mp4,sad,test\n")
    main(["--configfile", configfile()])
    assert "media: silent.mp4" not in capsys.readouterr().out


TASK = {"corpus": "mine", "classes": {"good": ["joy"], "bad": ["sad"]}, "folds": {"by": "official"}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"annotation": "emotions"}, "tasks.mood: no utterance has a label: annotation 'emotions'"),
        ({"classes": {"good": ["jay"], "bad": ["sad"]}}, "did you mean 'joy'?"),
        ({"folds": {"by": "dialogues", "k": 5}}, "1 parts by dialogues; 3 are needed"),
        ({"folds": {"by": "sessions"}}, "folds.by=sessions: dialogue 'd' has sessions ['']"),
        ({}, "tasks.mood: dialogue 'd' has official splits ['test', 'train']"),
    ],
)
def test_tasks_are_laid_on_the_tables(configfile, capsys, change, told):
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(tasks={"mood": {**TASK, **change}})])
    assert told in capsys.readouterr().out


def test_an_import_is_tried(configfile, capsys, tmp_path):
    (tmp_path / "all.npz").write_bytes(b"no archive")
    settings = {"reader": "import", "root": str(tmp_path)}
    settings["import"] = {"format": "npz", "path": "all.npz"}
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(corpora={"mine": settings}, tasks={"mood": TASK})])
    said = capsys.readouterr().out
    assert "MISSING  corpora.mine.import: " in said
    assert "Not looked at: its corpus cannot be read yet." in said


def test_missing_weights_say_where_they_come_from(configfile, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where no weights/ lies
    features = {"audio": {"encoder": "wav2vec"}, "visual": {"encoder": "manet"}}
    with pytest.raises(SystemExit) as caught:
        main(["--configfile", configfile(features=features)])
    assert caught.value.code == 1
    said = capsys.readouterr().out
    assert "missing  features.audio.encoder: wav2vec" in said
    assert "https://dl.fbaipublicfiles.com/fairseq/wav2vec/wav2vec_large.pt" in said
    assert "MISSING  features.visual.encoder: manet: published at https://drive.google" in said
    assert "MISSING  features.text" not in said


def test_yunet_needs_its_file(configfile, capsys):
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(crop_faces={"detector": "yunet"})])
    shown = capsys.readouterr().out
    assert "MISSING  crop_faces.detector: yunet: crop_faces.weights=None is not a file" in shown


@pytest.mark.parametrize(
    ("name", "problem"),
    [("any.onnx", "fails"), ("face_detection_yunet_2023mar.onnx", "is not that of the published")],
)
def test_a_detector_that_does_not_open_is_missing(configfile, capsys, tmp_path, name, problem):
    (tmp_path / name).write_bytes(b"<html>please log in</html>")
    faces = {"detector": "yunet", "weights": str(tmp_path / name)}
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(crop_faces=faces)])
    assert problem in capsys.readouterr().out


def test_weights_that_do_not_fit_their_network_are_missing(configfile, capsys, tmp_path):
    torch.save({"model": {"w": torch.ones(1)}}, tmp_path / "w.pt")
    audio = {"encoder": "wav2vec", "weights": str(tmp_path / "w.pt")}
    with pytest.raises(SystemExit):
        main(["--configfile", configfile(features={"audio": audio})])
    shown = capsys.readouterr().out
    assert "missing  features.audio.encoder: wav2vec" in shown
    assert "weights do not fit the network" in shown


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
