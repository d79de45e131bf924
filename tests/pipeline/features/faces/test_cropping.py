"""From a video to archives of crops: the right faces at the right times, in one pass.

The detector of these tests finds bright squares, so that it is known what is to be found; MTCNN
itself is tested in tests/pipeline/media and, with this, in tests/pipeline/stages.
"""

import math

import pytest

from pipeline.features.faces import utterance_crops
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.crops import read_crops, verify_crops
from pipeline.media import container, packets, timed_frames
from pipeline.media.damage import Damage
from pipeline.media.gcnet_faces import EVERY_FRAME_FPS
from tests.pipeline.features.faces.squares import (
    WIDTH,
    BrightSquares,
    contents,
    crop,
    cropper,
    job_of,
)


def test_each_span_gets_its_frames_and_their_largest_face(clip, cache):
    jobs = [job_of(0, 0.0, 0.5), job_of(1, 0.7, 1.2), job_of(2, 1.99, 2.5), job_of(3, 5.0, 6.0)]
    records = crop(clip, jobs, cache)
    assert [records[k].n_frames for k in range(4)] == [3, 3, 1, 0]
    assert [records[k].status for k in range(4)] == ["ok", "ok", "ok", "empty_span"]
    assert records[0].times_s == pytest.approx((0.0, 0.2, 0.4))
    lefts = [box[0] for box in records[0].boxes]
    assert lefts == pytest.approx([16, 21, 26], abs=1)  # moves by a pixel per frame
    # At 0.7 and 0.9 s the large square is there, at 1.1 s only the small one.
    assert [round(box[2] - box[0], -1) for box in records[1].boxes] == [50, 50, 30]
    assert records[1].n_candidates == 5
    for key, record in ((job.key, records[k]) for k, job in enumerate(jobs)):
        assert verify_crops(cache.path(key), key) == record


def test_crops_are_cut_from_the_picture_at_full_size(clip, cache):
    crop(clip, [job_of(0, 0.0, 0.1)], cache, detect_width_px=100)
    (found,) = read_crops(cache.path(job_of(0, 0, 1).key))
    assert found.shape == (32, 32, 3)
    assert found[8:24, 8:24].min() > 200


def test_the_side_rule_looks_only_at_the_speakers_half(clip, cache):
    jobs = [job_of(0, 0.0, 0.5, "left"), job_of(1, 0.0, 0.5, "right"), job_of(2, 1.2, 1.8, "left")]
    records = crop(clip, jobs, cache, which_face="side")
    assert all(box[2] <= WIDTH / 2 for box in records[0].boxes)
    assert records[1].boxes[0] == pytest.approx((240, 48, 272, 80), abs=2)
    assert (records[2].status, records[2].n_frames, records[2].n_candidates) == ("no_face", 3, 0)
    assert [records[k].region for k in range(3)] == ["left", "right", "left"]


def test_the_track_rule_follows_one_square_through_the_utterance(clip, cache):
    whole = [job_of(0, 0.0, 2.0)]
    # Small: 10 frames x 1024 px, times 10 = 102,400. Large: 5 x 2304 x 5 = 57,600.
    record = crop(clip, whole, cache, which_face="track")[0]
    assert record.n_faces == 10
    assert all(box[0] > 200 for box in record.boxes)
    assert record.n_candidates == 15
    record = crop(clip, [job_of(1, 0.0, 1.2)], cache, which_face="track")[0]
    assert record.n_faces == 5
    assert all(box[0] < 100 for box in record.boxes)
    assert record.n_frames == 6


JOBS = [job_of(k, 0.15 * k, 0.15 * k + 0.6, ("full", "left", "right")[k % 3]) for k in range(12)]


@pytest.mark.parametrize("which_face", ["side", "track"])
def test_the_same_bytes_alone_together_in_threads_and_from_disk(
    clip, tmp_path, monkeypatch, which_face
):
    caches = [CropCache(tmp_path / name) for name in ("together", "alone", "threads", "disk")]
    crop(clip, JOBS, caches[0], which_face=which_face)
    for job in reversed(JOBS):
        crop(clip, [job], caches[1], which_face=which_face)
    crop(clip, JOBS[::-1], caches[2], which_face=which_face, threads=3)
    monkeypatch.setattr(utterance_crops, "SPOOL_BYTES", 1)
    crop(clip, JOBS, caches[3], which_face=which_face)
    first, *others = map(contents, caches)
    assert len(first) == len(JOBS)
    assert all(other == first for other in others)


def test_a_video_is_opened_and_decoded_once_for_all_its_utterances(clip, cache, monkeypatch):
    opened, decoded = [], []
    real = container.av.open
    monkeypatch.setattr(container.av, "open", lambda *a, **k: opened.append(a) or real(*a, **k))
    stamp_of = packets.stamp_of
    monkeypatch.setattr(timed_frames, "stamp_of", lambda f: decoded.append(f) or stamp_of(f))
    crop(clip, JOBS, cache)
    assert (len(opened), len(decoded)) == (1, 50)


def test_an_utterance_is_kept_as_soon_as_it_is_over(clip, cache):
    jobs = [job_of(0, 0.0, 0.3), job_of(1, 1.5, 1.8)]
    steps = cropper().crop(clip, jobs, cache.writing, Damage())
    first, _ = next(steps)
    assert first == jobs[0]
    assert cache.get(jobs[0].key) is not None
    assert cache.get(jobs[1].key) is None
    steps.close()  # as when the stage is interrupted
    assert len(contents(cache)) == 1


def test_seconds_with_pictures_are_those_of_the_file_and_depend_on_no_other_span(clip, cache):
    spans = [(0.0, 2.0), (1.0, 3000.0), (1.5, 2.02), (0.5, math.inf), (5.0, 6.0)]
    wanted = [(2.0, 2.0), (2999.0, 1.0), (0.52, 0.52), (1.5, 1.5), (1.0, 0.0)]
    jobs = [job_of(k, *span) for k, span in enumerate(spans)]
    together = crop(clip, jobs, cache)
    alone = [crop(clip, [job], cache)[0] for job in jobs]
    for k, seconds in enumerate(wanted):
        assert (together[k].asked_s, together[k].found_s) == pytest.approx(seconds)
        assert alone[k] == together[k]


def test_an_error_of_the_detector_stops_the_run(clip, cache, monkeypatch):
    monkeypatch.setattr(BrightSquares, "_detect", lambda self, picture: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        crop(clip, [job_of(0, 0.0, 1.0)], cache)
    assert contents(cache) == {}


def test_gcnets_recipe_takes_every_frame_and_the_bare_box(clip, cache):
    jobs = [job_of(0, 0.0, 0.4, "left"), job_of(1, 0.0, 0.4, "right"), job_of(2, 1.2, 1.6, "left")]
    options = {"which_face": "side", "fps": EVERY_FRAME_FPS, "detect_width_px": 100}
    records = crop(clip, jobs, cache, compat="gcnet", margin=0.5, **options)
    assert [records[k].n_frames for k in range(3)] == [10, 10, 10]  # 25 per second
    assert [records[k].n_faces for k in range(3)] == [10, 10, 0]
    assert records[0].times_s == pytest.approx([k / 25 for k in range(10)])
    for k, side in ((0, 48), (1, 32)):
        shapes = {found.shape for found in read_crops(cache.path(jobs[k].key))}
        assert all(abs(n - side) <= 2 for height, width, _ in shapes for n in (height, width))
