"""Crops in the cache: taken again, made again where damaged, and what their keys hold."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.base.records import FaceRow
from pipeline.base.tables import read_rows
from pipeline.features.faces import crop_keys
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.cropping import FaceCropper
from pipeline.media import faces
from tests.pipeline.stages.cropping import UTTERANCES, CropStage, utterance

ROOT = Path(__file__).resolve().parents[3]


def test_a_second_run_takes_everything_from_the_cache_and_loads_no_torch(crop_stage, tmp_path):
    wanted = [row for row in UTTERANCES if row.media in ("talk.mp4", "sound.wav")]
    rows = crop_stage.run(wanted)
    before = crop_stage.archives()
    # The folder has moved, and whoever decodes its files now would find nothing.
    crop_stage.raw = tmp_path / "moved"
    crop_stage.raw.mkdir()
    (crop_stage.raw / "talk.mp4").write_bytes(b"")
    program = (
        "import sys; from pipeline.stages.crop_faces import main; main(sys.argv[1:]);"
        "sys.exit('torch' in sys.modules or 'facenet_pytorch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *crop_stage.arguments(wanted)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cache: 5 hits, 0 misses" in done.stdout
    assert read_rows(crop_stage.folder / "faces.csv", FaceRow) == rows
    assert crop_stage.archives() == before


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(crop_stage, monkeypatch):
    rows = crop_stage.run(cache="whole")
    real = FaceCropper.crop

    def interrupted(*given):
        yield next(steps := real(*given))
        steps.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(FaceCropper, "crop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        crop_stage.run()
    monkeypatch.undo()
    assert len(crop_stage.archives()) == 1
    assert crop_stage.run() == rows
    assert crop_stage.archives() == crop_stage.archives("whole")


def test_a_damaged_archive_is_made_again(crop_stage, capfd):
    rows = crop_stage.run()
    whole = crop_stage.archives()
    path = CropCache(crop_stage.cache).path(rows[0].archive)
    path.write_bytes(path.read_bytes()[:-100])
    capfd.readouterr()
    assert crop_stage.run() == rows
    assert "5 hits, 1 misses, 1 damaged and set aside" in capfd.readouterr().out
    assert crop_stage.archives() == whole


@pytest.mark.parametrize(
    "change",
    [{"fps": 2.5}, {"margin": 0.4}, {"size_px": 48}, {"min_face_px": 30}, {"detect_width_px": 200},
     {"min_confidence": 0.9}, {"which_face": "single"}],
)  # fmt: skip
def test_every_setting_has_its_own_crops(crop_stage, change):
    utterances = UTTERANCES[:1]
    first = crop_stage.run(utterances)[0].archive
    assert crop_stage.run(utterances, change)[0].archive != first
    assert crop_stage.run(utterances)[0].archive == first


def test_the_name_of_a_file_is_no_part_of_the_key_but_its_content_is(
    crop_stage, raw_videos, tmp_path
):
    first = crop_stage.run(UTTERANCES[:1])[0].archive
    folder = tmp_path / "renamed"
    folder.mkdir()
    shutil.copy(raw_videos / "talk.mp4", folder / "other.mp4")
    renamed = CropStage(tmp_path, folder)
    assert renamed.run([utterance("x", "other.mp4", 0.0, 0.8, "left")])[0].archive == first
    with (folder / "other.mp4").open("ab") as file:
        file.write(bytes(8))
    renamed = CropStage(tmp_path, folder)
    assert renamed.run([utterance("x", "other.mp4", 0.0, 0.8, "left")])[0].archive != first


def test_the_code_that_decides_crops_is_part_of_the_key(crop_stage, monkeypatch):
    first = crop_stage.run(UTTERANCES[:1])[0].archive
    seen = []
    monkeypatch.setattr(crop_keys, "code_digest", lambda *names: seen.append(names) or "other")
    assert crop_stage.run(UTTERANCES[:1])[0].archive != first
    assert seen == [("pipeline.features.faces.cropping", "pipeline.media.mtcnn")]
    from pipeline.base.provenance import closure

    modules = closure(*seen[0])
    assert {faces.__name__, "pipeline.media.mtcnn", "pipeline.media.video"} <= modules
    unneeded = {
        "pipeline.base.progress",
        "pipeline.base.tables",
        "pipeline.config.settings",
        "pipeline.media.yunet",
    }
    assert not unneeded & modules
