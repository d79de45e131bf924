"""Frames of a video: the right ones, upright, whatever the container, the damage, the spans."""

import gc
import math

import av
import numpy as np
import pytest

from pipeline.media import container, packets, timed_frames
from pipeline.media.grid import SECOND
from pipeline.media.video import sample_frames

pytestmark = pytest.mark.fresh

INF = math.inf


def wanted(times_s, end_s, span, fps):
    """Look at every time of a span, one by one: times and periods in whole milliseconds."""
    times = [round(t * 1000) for t in times_s] + [round(end_s * 1000)]
    start, stop = (s if math.isinf(s) else round(s * 1000) for s in span)
    chosen = []
    now, step = start, round(1000 / fps)
    while now < min(stop, times[-1]):
        before = [k for k, t in enumerate(times[:-1]) if t <= now]
        if before and before[-1] not in chosen:
            chosen.append(before[-1])
        now += step
    return chosen


SPANS = [(0.0, 1.0), (0.31, 0.9), (0.3, 0.32), (1.2, INF), (0.0, 9.0), (1.99, 3.0), (0.5, 0.9)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"encoder_options": {"bf": "3"}}),
        ("a.mkv", {"codec": "libx264"}),
        ("a.mov", {"codec": "libx265", "encoder_options": {"x265-params": "log-level=none"}}),
        ("a.webm", {"codec": "libvpx"}),
        ("b.webm", {"codec": "libvpx-vp9"}),
        ("a.avi", {"codec": "mpeg4"}),
        ("a.ts", {"codec": "libx264"}),
        ("a.flv", {"codec": "libx264"}),
    ],
)
@pytest.mark.parametrize("fps", [5.0, 10.0, 50.0])
def test_every_time_shows_the_last_frame_at_or_before_it(clip, seen, name, options, fps):
    path = clip(name, **options)
    found = seen(path, SPANS, fps)
    times_s = [k / 25 for k in range(50)]
    for span, frames in zip(SPANS, found, strict=True):
        assert [number for number, _ in frames] == wanted(times_s, 2.0, span, fps)
        assert all(abs(time_s - number / 25) < 2e-3 for number, time_s in frames)


def test_avi_with_b_frames_is_off_by_one_frame_as_in_every_player(clip, seen):
    path = clip("b.avi", codec="mpeg4", encoder_options={"bf": "2"})
    (frames,) = seen(path, [(0.5, 1.5)], 5.0)
    # AVI cannot say that a picture is shown later than it is decoded.
    wanted = range(12, 37, 5)
    assert all(abs(number - k) <= 1 for (number, _), k in zip(frames, wanted, strict=True))


def test_a_variable_frame_rate_is_followed(clip, seen):
    rng = np.random.default_rng(3)
    times_s = np.cumsum(rng.choice([0.008, 0.040, 0.128, 1.000], 60)).round(3).tolist()
    times_s[0] = 0.0
    path = clip("a.mkv", times_s=times_s)
    spans = [(0.0, INF), (1.0, 4.0), (2.5, 2.6), (7.0, 20.0)]
    for span, frames in zip(spans, seen(path, spans, 5.0), strict=True):
        numbers = [number for number, _ in frames]
        expected = wanted(times_s, times_s[-1] + 0.04, span, 5.0)
        # How long the very last frame lasts is not written in Matroska.
        assert numbers == expected or numbers == expected[:-1]


def test_each_span_gets_the_same_frames_alone(clip):
    path = clip("a.mp4")
    together = list(sample_frames(path, SPANS, 5.0))
    for index, span in enumerate(SPANS):
        alone = list(sample_frames(path, [span], 5.0))
        shared = [frame for frame in together if index in frame.spans]
        assert [f.time_s for f in alone] == [f.time_s for f in shared]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(alone, shared, strict=True))


def test_a_short_span_sees_one_frame_and_one_beyond_the_end_none(clip, seen):
    path = clip("a.mp4")
    spans = [(1.01, 1.02), (1.96, 1.97), (1.99999, 8.0), (2.0, 3.0), (7.0, 8.0)]
    numbers = [[number for number, _ in shown] for shown in seen(path, spans, 5.0)]
    assert numbers == [[25], [49], [49], [], []]


def test_a_picture_that_begins_late_keeps_its_time(clip, seen):
    sound = np.ones(32000, np.int16)
    path = clip("a.mkv", times_s=[0.5 + k / 25 for k in range(25)], sound=sound)
    spans = [(0.0, 0.5), (0.0, 0.6), (0.0, 0.51), (0.45, 1.0)]
    numbers = [[number for number, _ in shown] for shown in seen(path, spans, 5.0)]
    # The second looks at 0.0, 0.2, 0.4, before there is a picture: it takes the first it meets.
    assert numbers == [[], [0], [0], [3, 8]]


def test_rotation_in_the_metadata_turns_the_picture(make_video):
    stored = np.zeros((96, 160, 3), np.uint8)
    stored[:48, :80] = 255, 0, 0
    for degrees in (0, 90, 180, 270):
        path = make_video(f"{degrees}.mp4", [stored] * 3, [0, 0.04, 0.08], rotation=degrees)
        (frame,) = sample_frames(path, [(0.0, 0.1)], 5.0)
        wanted = np.rot90(stored, degrees // 90)
        assert frame.image.shape == wanted.shape
        inner = np.abs(frame.image.astype(int) - wanted).max(axis=2) < 60
        assert inner.mean() > 0.95


def test_of_several_streams_the_best_is_read(tmp_path, numbered, read_number):
    path = tmp_path / "two.mp4"
    pictures = [np.zeros((32, 48, 3), np.uint8), numbered(77)]
    with av.open(str(path), "w") as opened:
        streams = [opened.add_stream("libx264", rate=25) for _ in pictures]
        streams[1].disposition = av.stream.Disposition.default
        for stream, picture in zip(streams, pictures, strict=True):
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "yuv420p"
            for _ in range(10):
                opened.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        for stream in streams:
            opened.mux(stream.encode(None))
    (frame,) = sample_frames(path, [(0.0, 0.1)], 5.0)
    assert read_number(frame.image) == 77


def test_a_file_without_duration_is_read(clip, seen):
    path = clip("a.webm", codec="libvpx", container_options={"live": "1"})
    with av.open(str(path)) as opened:
        assert opened.duration is None
    ((*frames,),) = seen(path, [(0.0, INF)], 5.0)
    assert [number for number, _ in frames] == list(range(0, 50, 5))


LONG = {"encoder_options": {"g": "50", "bf": "3"}}
FAR_SPANS = [(1.0, 1.5), (38.0, 38.6), (20.02, 20.5), (59.0, INF)]


def test_a_long_way_is_skipped_and_the_frames_are_the_same(clip, monkeypatch):
    path = clip("a.mp4", 1500, **LONG)
    decoded = []
    stamp_of = packets.stamp_of
    monkeypatch.setattr(timed_frames, "stamp_of", lambda f: decoded.append(f) or stamp_of(f))
    skipping = list(sample_frames(path, FAR_SPANS, 5.0))
    n_skipping = len(decoded)
    decoded.clear()
    monkeypatch.setattr("pipeline.media.skipping.SEEK_AHEAD", math.inf)
    plain = list(sample_frames(path, FAR_SPANS, 5.0))
    assert n_skipping < 500 < len(decoded)
    assert [(f.spans, f.time_s) for f in skipping] == [(f.spans, f.time_s) for f in plain]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(skipping, plain, strict=True))


def test_a_wrong_list_of_key_frames_is_noticed_and_costs_only_time(clip, monkeypatch):
    path = clip("a.mp4", 1500, **LONG)
    wanted = [(f.spans, f.time_s) for f in sample_frames(path, FAR_SPANS, 5.0)]
    # So every jump goes too far.
    monkeypatch.setattr("pipeline.media.skipping.SEEK_MARGIN", -4 * SECOND)
    assert [(f.spans, f.time_s) for f in sample_frames(path, FAR_SPANS, 5.0)] == wanted


def test_a_file_is_opened_once_for_all_spans_and_not_for_none(clip, monkeypatch):
    path = clip("a.mp4")
    opened = []
    real = container.av.open
    monkeypatch.setattr(container.av, "open", lambda *a, **k: opened.append(a) or real(*a, **k))
    assert list(sample_frames(path, [], 5.0)) == []
    assert opened == []
    list(sample_frames(path, [(k / 25, k / 25 + 0.3) for k in range(45)], 5.0))
    assert len(opened) == 1


def test_no_picture_waits_for_the_collector_of_circles(clip):
    path = clip("a.mp4")
    gc.collect()
    n_before = n_pictures_kept()
    gc.disable()
    try:
        n_seen = sum(1 for _ in sample_frames(path, [(0.0, 2.0)], 25.0))
        n_after = n_pictures_kept()
    finally:
        gc.enable()
    assert n_seen == 50
    assert n_after == n_before


def n_pictures_kept():
    return sum(type(thing) is av.VideoFrame for thing in gc.get_objects())
