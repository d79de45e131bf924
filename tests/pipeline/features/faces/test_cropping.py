"""From a video to archives of crops: the right faces at the right times, in one pass.

The detector of these tests finds bright squares, so that it is known what is to be found; MTCNN
itself is tested in tests/pipeline/media and, with this, in tests/pipeline/stages.
"""

import math
import re

import av
import cv2
import numpy as np
import pytest

from pipeline.features.faces import utterance_crops
from pipeline.features.faces.crop_cache import CropCache
from pipeline.features.faces.cropping import FaceCropper
from pipeline.features.faces.crops import read_crops, verify_crops
from pipeline.features.faces.utterance_crops import CropJob
from pipeline.media import container, video
from pipeline.media.container import Damage
from pipeline.media.errors import MediaError, ReadError
from pipeline.media.faces import Face
from pipeline.media.gcnet_faces import EVERY_FRAME_FPS
from tests.pipeline import clips

WIDTH, HEIGHT = 320, 128
INF = math.inf


class BrightSquares:
    """A detector of squares that are brighter than 128."""

    def detect(self, pictures):
        return [self._detect(picture) for picture in pictures]

    def _detect(self, picture):
        bright = (picture.min(axis=2) > 128).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        return [
            Face((float(x), float(y), float(x + w), float(y + h)), 0.99)
            for x, y, w, h, area in stats[1:]
            if area > 100
        ]


def scene(number):
    """A large square on the left that is gone from frame 25 on, a small one on the right."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    if number < 25:
        picture[40:88, 16 + number : 64 + number] = 255
    picture[48:80, 240:272] = 255
    return picture


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two seconds at 25 frames per second."""
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    return clips.write_video(path, map(scene, range(50)), [k / 25 for k in range(50)])


@pytest.fixture
def cache(tmp_path):
    return CropCache(tmp_path / "cache")


def cropper(**options):
    given = {"which_face": "single", "fps": 5.0, "detect_width_px": 640, "margin": 0.0,
             "size_px": 32}  # fmt: skip
    return FaceCropper(detector=BrightSquares(), **{**given, **options})


def job(number, start_s, end_s, region="full"):
    return CropJob(f"{number:0>64}", start_s, end_s, region)


def crop(path, jobs, cache, damage=None, **options):
    found = cropper(**options).crop(path, jobs, cache.writing, damage or Damage())
    return {jobs.index(one): record for one, record in found}


def test_each_span_gets_its_frames_and_their_largest_face(clip, cache):
    jobs = [job(0, 0.0, 0.5), job(1, 0.7, 1.2), job(2, 1.99, 2.5), job(3, 5.0, 6.0)]
    records = crop(clip, jobs, cache)
    assert [records[k].n_frames for k in range(4)] == [3, 3, 1, 0]
    assert [records[k].status for k in range(4)] == ["ok", "ok", "ok", "empty_span"]
    assert records[0].times_s == pytest.approx((0.0, 0.2, 0.4))
    lefts = [box[0] for box in records[0].boxes]
    assert lefts == pytest.approx([16, 21, 26], abs=1)  # moves by a pixel per frame
    # At 0.7 and 0.9 s the large square is there, at 1.1 s only the small one.
    assert [round(box[2] - box[0], -1) for box in records[1].boxes] == [50, 50, 30]
    assert records[1].n_candidates == 5
    for key, record in ((one.key, records[k]) for k, one in enumerate(jobs)):
        assert verify_crops(cache.path(key), key) == record


def test_crops_are_cut_from_the_picture_at_full_size(clip, cache):
    crop(clip, [job(0, 0.0, 0.1)], cache, detect_width_px=100)
    (found,) = read_crops(cache.path(job(0, 0, 1).key))
    assert found.shape == (32, 32, 3)
    assert found[8:24, 8:24].min() > 200


def test_the_side_rule_looks_only_at_the_speakers_half(clip, cache):
    jobs = [job(0, 0.0, 0.5, "left"), job(1, 0.0, 0.5, "right"), job(2, 1.2, 1.8, "left")]
    records = crop(clip, jobs, cache, which_face="side")
    assert all(box[2] <= WIDTH / 2 for box in records[0].boxes)
    assert records[1].boxes[0] == pytest.approx((240, 48, 272, 80), abs=2)
    assert (records[2].status, records[2].n_frames, records[2].n_candidates) == ("no_face", 3, 0)
    assert [records[k].region for k in range(3)] == ["left", "right", "left"]


def test_the_track_rule_follows_one_square_through_the_utterance(clip, cache):
    whole = [job(0, 0.0, 2.0)]
    # Small: 10 frames x 1024 px, times 10 = 102,400. Large: 5 x 2304 x 5 = 57,600.
    record = crop(clip, whole, cache, which_face="track")[0]
    assert record.n_faces == 10
    assert all(box[0] > 200 for box in record.boxes)
    assert record.n_candidates == 15
    record = crop(clip, [job(1, 0.0, 1.2)], cache, which_face="track")[0]
    assert record.n_faces == 5
    assert all(box[0] < 100 for box in record.boxes)
    assert record.n_frames == 6


@pytest.fixture
def damaged(clip, tmp_path):
    """The same two seconds; packets 20 to 24 of 50 are no pictures."""
    path = tmp_path / "damaged.mkv"
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.dts is not None]
        for number, packet in enumerate(packets):
            given = packet
            if 20 <= number < 25:
                given = av.Packet(bytes(9))
                given.pts, given.dts, given.time_base = packet.pts, packet.dts, packet.time_base
            given.stream = stream
            target.mux(given)
    return path


def test_damage_stands_with_the_utterances_that_it_hits_whoever_else_is_there(damaged, tmp_path):
    jobs = [job(0, 0.0, 0.5), job(1, 0.5, 1.5), job(2, 1.5, 1.9), job(3, 0.0, INF)]
    caches = [CropCache(tmp_path / name) for name in ("together", "alone")]
    records = crop(damaged, jobs, caches[0])
    assert [bool(records[k].detail) for k in range(4)] == [False, True, False, True]
    assert re.match(r"the file is damaged: \d+ times, last: \w+", records[1].detail)
    for one in jobs:
        crop(damaged, [one], caches[1])
        assert caches[0].path(one.key).read_bytes() == caches[1].path(one.key).read_bytes()


JOBS = [job(k, 0.15 * k, 0.15 * k + 0.6, ("full", "left", "right")[k % 3]) for k in range(12)]


def contents(cache):
    return {path.name: path.read_bytes() for path in cache.root.rglob("*.zip")}


@pytest.mark.parametrize("which_face", ["side", "track"])
def test_the_same_bytes_alone_together_in_threads_and_from_disk(
    clip, tmp_path, monkeypatch, which_face
):
    caches = [CropCache(tmp_path / name) for name in ("together", "alone", "threads", "disk")]
    crop(clip, JOBS, caches[0], which_face=which_face)
    for one in reversed(JOBS):
        crop(clip, [one], caches[1], which_face=which_face)
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
    monkeypatch.setattr(video, "stamp_of", lambda f: decoded.append(f) or container.stamp_of(f))
    crop(clip, JOBS, cache)
    assert (len(opened), len(decoded)) == (1, 50)


def test_an_utterance_is_kept_as_soon_as_it_is_over(clip, cache):
    jobs = [job(0, 0.0, 0.3), job(1, 1.5, 1.8)]
    steps = cropper().crop(clip, jobs, cache.writing, Damage())
    first, _ = next(steps)
    assert first == jobs[0]
    assert cache.get(jobs[0].key) is not None
    assert cache.get(jobs[1].key) is None
    steps.close()  # as when the stage is interrupted
    assert len(contents(cache)) == 1


def test_a_file_without_pictures_is_kept_with_its_reason(tmp_path, cache):
    sound = clips.write_sound(tmp_path / "a.wav", np.ones(800, np.int16))
    (tmp_path / "text.mp4").write_text("no media\n" * 500)
    for path, status in ((sound, "no_stream"), (tmp_path / "text.mp4", "unreadable")):
        jobs = [job(path.name.encode().hex(), 0.0, 1.0), job(status.encode().hex(), 2.0, 3.0)]
        records = crop(path, jobs, cache)
        for k, one in enumerate(jobs):
            assert (records[k].status, records[k].n_frames) == (status, 0)
            assert records[k].detail
            assert cache.get(one.key) == records[k]


def test_a_file_that_is_not_there_or_that_the_system_refuses_is_not_kept(tmp_path, cache):
    def refused(*_):
        raise ReadError("the disk fails")
        yield

    jobs = [job(0, 0.0, 1.0), job(1, 2.0, 3.0)]
    for status, options in (("no_media", {}), ("read_error", {"frames": refused})):
        records = crop(tmp_path / "none.mp4", jobs, cache, **options)
        assert len(records) == 2
        assert all(isinstance(one, MediaError) and one.status == status for one in records.values())
    assert contents(cache) == {}


def test_seconds_with_pictures_are_those_of_the_file_and_depend_on_no_other_span(clip, cache):
    spans = [(0.0, 2.0), (1.0, 3000.0), (1.5, 2.02), (0.5, math.inf), (5.0, 6.0)]
    wanted = [(2.0, 2.0), (2999.0, 1.0), (0.52, 0.52), (1.5, 1.5), (1.0, 0.0)]
    jobs = [job(k, *span) for k, span in enumerate(spans)]
    together = crop(clip, jobs, cache)
    alone = [crop(clip, [one], cache)[0] for one in jobs]
    for k, seconds in enumerate(wanted):
        assert (together[k].asked_s, together[k].found_s) == pytest.approx(seconds)
        assert alone[k] == together[k]


def test_damage_is_counted(clip, tmp_path, cache):
    content = bytearray(clip.read_bytes())
    middle = content.index(b"mdat") + 1500
    content[middle : middle + 200] = bytes(200)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    damage = Damage()
    record = crop(broken, [job(0, 0.0, 2.0)], cache, damage)[0]
    assert damage.n_errors > 0
    assert record.status == "ok"


def test_an_error_of_the_detector_stops_the_run(clip, cache, monkeypatch):
    monkeypatch.setattr(BrightSquares, "_detect", lambda self, picture: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        crop(clip, [job(0, 0.0, 1.0)], cache)
    assert contents(cache) == {}


def test_gcnets_recipe_takes_every_frame_and_the_bare_box(clip, cache):
    jobs = [job(0, 0.0, 0.4, "left"), job(1, 0.0, 0.4, "right"), job(2, 1.2, 1.6, "left")]
    options = {"which_face": "side", "fps": EVERY_FRAME_FPS, "detect_width_px": 100}
    records = crop(clip, jobs, cache, compat="gcnet", margin=0.5, **options)
    assert [records[k].n_frames for k in range(3)] == [10, 10, 10]  # 25 per second
    assert [records[k].n_faces for k in range(3)] == [10, 10, 0]
    assert records[0].times_s == pytest.approx([k / 25 for k in range(10)])
    for k, side in ((0, 48), (1, 32)):
        shapes = {found.shape for found in read_crops(cache.path(jobs[k].key))}
        assert all(abs(n - side) <= 2 for height, width, _ in shapes for n in (height, width))
