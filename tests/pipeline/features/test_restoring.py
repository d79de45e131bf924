"""Crops that are gone from the cache come back as they were, those alone that are needed."""

import json

import numpy as np
import pytest

from pipeline.base.errors import CacheError
from pipeline.features.cache.utterances import Record, UtteranceCache
from pipeline.features.jobs import Sources, shard_jobs
from pipeline.features.restoring import restore_crops
from tests.pipeline import clips
from tests.pipeline.stages.cropping import SETTINGS, CropStage, split_screen, utterance

UTTERANCES = [
    utterance("left", "talk.mp4", 0.0, 0.4, "left"),
    utterance("right", "talk.mp4", 0.4, 0.8, "right"),
    utterance("dark", "talk.mp4", 1.0, 1.4, "left"),
]


class Restoring:
    """Three utterances whose faces were cropped: two have some."""

    def __init__(self, folder):
        raw = folder / "raw"
        raw.mkdir()
        pictures = (split_screen(k, 9) for k in range(15))
        self.clip = clips.write_video(raw / "talk.mp4", pictures, [k / 10 for k in range(15)])
        self.stage = CropStage(folder, raw)
        self.faces = self.stage.run(UTTERANCES)
        self.vectors = UtteranceCache(self.stage.cache, "visual")
        media = json.loads((folder / "media.json").read_text())
        sources = Sources(self.stage.cache, raw, (), media, self.faces)
        self.jobs = shard_jobs("visual", UTTERANCES, {"encoder": "any"}, sources)
        self.sources = sources

    def path(self, number):
        name = self.faces[number].archive
        return self.stage.cache / "faces" / name[:2] / f"{name}.zip"

    def restore(self):
        settings = json.dumps(SETTINGS)
        return restore_crops(self.jobs, self.sources, self.vectors, settings, "cpu", 1)


@pytest.fixture
def cropped(tmp_path):
    return Restoring(tmp_path)


def test_what_is_there_is_left_alone_and_no_detector_is_opened(cropped, monkeypatch, capsys):
    assert [row.status for row in cropped.faces] == ["ok", "ok", "no_face"]
    monkeypatch.setattr("pipeline.media.detectors.open_detector", pytest.fail)
    capsys.readouterr()
    assert cropped.restore() == []
    assert capsys.readouterr().out == ""


def test_what_is_gone_comes_back_with_the_same_bytes_and_alone(cropped, capsys):
    before = [cropped.path(number).read_bytes() for number in (0, 1)]
    cropped.path(1).unlink()
    kept = cropped.path(0).stat().st_mtime_ns
    assert cropped.restore() == ["right"]
    assert "face crops of 1 utterance are gone from the cache" in capsys.readouterr().out
    assert [cropped.path(number).read_bytes() for number in (0, 1)] == before
    assert cropped.path(0).stat().st_mtime_ns == kept


def test_what_has_a_vector_needs_no_crops(cropped):
    vector = Record(np.zeros(2, np.float32), "ok", "", (None, 0.0))
    cropped.vectors.put(cropped.jobs[0].ingredients, vector)
    cropped.path(0).unlink()
    assert cropped.restore() == []
    assert not cropped.path(0).exists()


def test_other_crops_than_before_are_refused_with_the_way_out(cropped):
    cropped.path(0).unlink()
    cropped.clip.write_bytes(b"another video")
    told = r"left: .*cannot be made again as they were .*`snakemake --forcerun crop_faces`"
    with pytest.raises(CacheError, match=told):
        cropped.restore()
