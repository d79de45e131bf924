"""With a GPU several videos are cropped at once, their frames in groups: the same bytes."""

import shutil
import sys

import numpy as np
import pytest

from pipeline.features.faces import crop_shards
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import read_crop_record
from pipeline.media import decoder as decoding_side
from tests.cuda import needs_cuda
from tests.pipeline.stages.cropping import UTTERANCES, CropStage, utterance

MANY = [
    *UTTERANCES,
    *(utterance(f"again{k}", f"again{k}.mp4", 0.1 * k, 0.1 * k + 0.8, "left") for k in range(4)),
]
CRASHING = """
import itertools, os, signal
from pipeline.media import decoding, frame_service
sample = frame_service.sample_frames
def sample_frames(*given):
    yield from itertools.islice(sample(*given), 6)
    os.kill(os.getpid(), signal.SIGSEGV)
frame_service.sample_frames = sample_frames
decoding.main()
"""


@pytest.fixture
def many(tmp_path, raw_videos):
    """A folder with several videos."""
    folder = tmp_path / "many"
    shutil.copytree(raw_videos, folder)
    for k in range(4):
        shutil.copy(folder / "talk.mp4", folder / f"again{k}.mp4")
    return CropStage(tmp_path, folder)


@pytest.fixture
def as_with_a_gpu(monkeypatch):
    """The detector stays on the CPU; all around it is as where there is a GPU."""
    return lambda: monkeypatch.setattr(crop_shards, "kind_of_device", lambda name: "a card")


def test_videos_at_once_and_frames_in_groups_change_no_byte(many, as_with_a_gpu):
    rows = many.run(MANY)
    as_with_a_gpu()
    for threads in ("1", "3", "20"):
        found = many.run(MANY, None, "--threads", threads, cache=threads)
        assert found == rows
        assert many.archives(threads) == many.archives()
    assert many.run(MANY[::-1], None, "--threads", "3", cache="backwards") == rows[::-1]
    assert many.archives("backwards") == many.archives()


def test_what_was_over_before_a_decoder_died_is_kept_however_frames_are_grouped(
    crop_stage, as_with_a_gpu, monkeypatch
):
    monkeypatch.setattr(decoding_side, "COMMAND", (sys.executable, "-c", CRASHING))
    wanted = UTTERANCES[:3]
    rows = crop_stage.run(wanted)
    assert [row.status for row in rows] == ["ok", "unreadable", "unreadable"]
    assert crop_stage.run(wanted, None, "--threads", "3", cache="threads") == rows
    as_with_a_gpu()
    assert crop_stage.run(wanted, None, "--threads", "3", cache="groups") == rows


def test_an_error_in_one_of_the_videos_stops_the_run(many, as_with_a_gpu, monkeypatch):
    as_with_a_gpu()
    monkeypatch.setattr(crop_shards.FaceCropper, "_look", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        many.run(MANY[-4:], None, "--threads", "3")
    assert many.archives() == {}


@needs_cuda
def test_on_cuda_no_byte_depends_on_videos_at_once_order_or_shards(many):
    device = ("--device", "cuda")
    rows = many.run(MANY, None, *device, "--threads", "4")
    single = many.run(MANY, None, *device, "--threads", "1", cache="single")
    backwards = many.run(MANY[::-1], None, *device, "--threads", "3", cache="backwards")
    shards = [row for talk in MANY for row in many.run([talk], None, *device, cache="shards")]
    assert single == backwards[::-1] == shards == rows
    for cache in ("single", "backwards", "shards"):
        assert many.archives(cache) == many.archives()


@needs_cuda
def test_cuda_finds_the_faces_that_the_cpu_finds(many):
    on_cpu = many.run(MANY, None, "--device", "cpu", cache="cpu")
    on_cuda = many.run(MANY, None, "--device", "cuda", cache="cuda")
    for row, wanted in zip(on_cuda, on_cpu, strict=True):
        assert (row.status, row.n_frames, row.n_faces) == (
            wanted.status,
            wanted.n_frames,
            wanted.n_faces,
        )
        if row.archive:
            places = [CropCache(many.folder / name).path(row.archive) for name in ("cuda", "cpu")]
            boxes, wanted_boxes = (np.array(read_crop_record(path).boxes) for path in places)
            assert np.abs(boxes - wanted_boxes).max() <= 1  # rounded to whole pixels
