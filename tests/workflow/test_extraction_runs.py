"""Raw media to features by the command lines of the rules: sound, words and faces, and a bad day.

One video of a portrait with sound, and two recordings without pictures. The system of some runs
fails: a file of theirs may not be opened, by the program that the test names.
"""

import errno
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline.base.arrays import read_arrays
from pipeline.features.store import read_store
from tests.pipeline import clips
from tests.workflow.driver import rules_of, snakemake
from tests.workflow.talks import RATE_HZ, SECONDS, config_of_talks, write_talk
from tests.workflow.workspaces import write_config

TABLE = """utterance_id,dialogue_id,media,start_s,end_s,text,emotion
a0,a,a.mov,0,1,so far so good,happy
a1,a,a.mov,1,2,never again,sad
b0,b,b.wav,0,1,what a day,happy
b1,b,b.wav,1,2,we lost,sad
c0,c,c.wav,0,1,and so on,sad
"""
CONFIG = config_of_talks({"by": "dialogues", "k": 3}, tasks={}, train={"methods": []})
MODALITIES = ("audio", "text", "visual")
FEATURES = {modality: f"build/talks/features/{modality}.safetensors" for modality in MODALITIES}
STATUSES = {"audio": ["ok"] * 5, "text": ["ok"] * 5, "visual": ["ok"] * 2 + ["no_stream"] * 3}
FAILING = """
import io, os, sys
program, name, number = os.environ.get("FAILING", "::0").split(":")
real = io.open
def fails(file, *given, **named):
    if str(file).endswith(name):
        raise OSError(int(number), os.strerror(int(number)), str(file))
    return real(file, *given, **named)
if program and program in sys.orig_argv:
    io.open = fails
"""


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("extracted")
    write_config(folder, CONFIG)
    write_talks(folder / "talks")
    (folder / "sitecustomize.py").write_text(FAILING)
    run(folder)
    return folder


@pytest.fixture
def folder(extracted, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(extracted))
    return shutil.copytree(extracted, tmp_path / "project", symlinks=True)


def write_talks(folder: Path) -> None:
    folder.mkdir()
    (folder / "utterances.csv").write_text(TABLE)
    noises = np.random.default_rng(0).standard_normal((3, SECONDS * RATE_HZ)) * 3000
    sound, *recordings = noises.astype(np.int16)
    write_talk(folder / "a.mov", portrait=0, grey=90, sound=sound)
    for name, recording in zip("bc", recordings, strict=True):
        clips.write_sound(folder / f"{name}.wav", recording)


def run(folder: Path, *more: str, modalities: Sequence[str] = MODALITIES) -> list[str]:
    """Make the features of some modalities; the rules that ran."""
    targets = [FEATURES[modality] for modality in modalities]
    configfile = ("--configfile", str(folder / "config.yaml"))
    return rules_of(snakemake(folder, *targets, *more, *configfile))


def statuses(folder: Path, modality: str) -> list[str]:
    store = read_store(folder / FEATURES[modality])
    return [store.header.statuses[code] for code in store.status]


def features(folder: Path) -> dict[str, bytes]:
    return {modality: (folder / path).read_bytes() for modality, path in FEATURES.items()}


def archives(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "cache/faces").rglob("*.zip")}


def test_every_modality_is_extracted_and_a_recording_has_no_faces(folder):
    for modality, path in FEATURES.items():
        assert statuses(folder, modality) == STATUSES[modality]
        n_ok = STATUSES[modality].count("ok")
        vectors = read_arrays(folder / path)[0]["features"]
        assert len(np.unique(vectors[:n_ok], axis=0)) == n_ok, modality
        assert not vectors[n_ok:].any()
    assert run(folder, "--dry-run") == []


def test_crops_that_are_gone_come_back_by_themselves_with_the_same_bytes(folder):
    faces, before = archives(folder), features(folder)
    assert len(faces) == 5
    shutil.rmtree(folder / "cache")
    (folder / "build/talks/shards/visual/0.safetensors").unlink()
    (folder / FEATURES["visual"]).unlink()
    assert run(folder, modalities=["visual"]) == ["extract_features", "join_features"]
    made = archives(folder)
    assert len(made) == 2  # of those that have faces; the others have nothing to encode
    assert {name: faces[name] for name in made} == made
    assert features(folder) == before


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_digested_is_tried_again(folder, monkeypatch, number):
    before = features(folder)
    (folder / "talks/utterances.csv").write_text(f"{TABLE}\n")  # so that it is read again
    with monkeypatch.context() as failing:
        failing.setenv("FAILING", f"pipeline.stages.build_manifest:b.wav:{number}")
        run(folder, modalities=["audio"])
    missing = json.loads((folder / "build/talks/corpus.json").read_text())["missing_media"]
    assert list(missing) == ["b.wav"]
    assert statuses(folder, "audio") == ["ok", "ok", "no_media", "no_media", "ok"]
    ran = run(folder, modalities=["audio"])
    assert {"build_manifest", "extract_features", "join_features"} <= set(ran)
    assert features(folder)["audio"] == before["audio"]
    assert run(folder, "--dry-run", modalities=["audio"]) == []


def test_a_file_that_cannot_be_decoded_for_now_is_tried_again(folder, monkeypatch):
    before = features(folder)
    shutil.rmtree(folder / "build")
    shutil.rmtree(folder / "cache")
    heard = ("audio", "visual")
    with monkeypatch.context() as failing:
        failing.setenv("FAILING", f"pipeline.media.decoding:a.mov:{errno.EIO}")
        run(folder, modalities=heard)
    for modality in heard:
        assert statuses(folder, modality) == ["read_error"] * 2 + STATUSES[modality][2:]

    ran = run(folder, modalities=heard)
    assert ran == [
        *("crop_faces", "extract_features", "extract_features", "join_features", "join_features")
    ]
    assert {modality: (folder / FEATURES[modality]).read_bytes() for modality in heard} == {
        modality: before[modality] for modality in heard
    }
    assert run(folder, "--dry-run", modalities=heard) == []
