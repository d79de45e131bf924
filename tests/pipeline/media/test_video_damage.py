"""What is lost of a video: counted, never shown as another time, refused where nothing is left."""

import math

import av
import numpy as np
import pytest

from pipeline.media import video
from pipeline.media.damage import Damage
from pipeline.media.errors import MediaError
from pipeline.media.video import sample_frames

pytestmark = pytest.mark.fresh

INF = math.inf


def test_damage_in_the_middle_is_counted_and_never_shown_as_another_time(clip, read_number):
    path = clip("a.mp4", 100, encoder_options={"g": "10"})
    content = bytearray(path.read_bytes())
    middle = content.index(b"mdat") + 4000
    content[middle : middle + 60] = np.random.default_rng(5).bytes(60)
    path.write_bytes(content)
    damage = Damage()
    frames = list(sample_frames(path, [(0.0, INF)], 25.0, damage))
    assert 80 <= len(frames) <= 100
    numbers = [read_number(f.image) for f in frames if f.time_s < 1.2 or f.time_s > 2.8]
    assert numbers == [round(f.time_s * 25) for f in frames if f.time_s < 1.2 or f.time_s > 2.8]


def test_a_packet_that_does_not_decode_is_skipped(tmp_path, clip):
    path = clip("a.mkv", encoder_options={"g": "5", "bf": "0"})
    broken = tmp_path / "broken.mkv"
    with av.open(str(path)) as source, av.open(str(broken), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.dts is None:
                continue
            if 20 <= number < 25:
                bad = av.Packet(b"\0\0\0\1\x65" + bytes(20))
                bad.pts, bad.dts, bad.time_base = packet.pts, packet.dts, packet.time_base
                packet = bad
            packet.stream = stream
            target.mux(packet)
    damage = Damage()
    times_s = [frame.time_s for frame in sample_frames(broken, [(0.0, INF)], 25.0, damage)]

    assert damage.n_errors >= 1
    assert damage.first
    assert [round(25 * t) for t in times_s] == [k for k in range(50) if not 20 <= k < 25]


def test_a_truncated_file_gives_what_is_there(clip, seen):
    path = clip("a.mkv", 100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    early, late = seen(path, [(0.0, 0.4), (3.5, 4.0)], 5.0)
    assert [number for number, _ in early] == [0, 5]
    assert late == []


def test_what_is_no_picture_has_a_status_and_a_reason(tmp_path, make_sound, clip):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no media\n" * 500)
    truncated = clip("truncated.mp4")
    truncated.write_bytes(truncated.read_bytes()[:500])
    cases = {
        tmp_path / "none.mp4": "no_media",
        tmp_path / "empty.mp4": "unreadable",
        tmp_path / "text.mp4": "unreadable",
        truncated: "unreadable",
        make_sound("sound.wav", np.ones(800, np.int16)): "no_stream",
    }

    for path, status in cases.items():
        with pytest.raises(MediaError) as caught:
            list(sample_frames(path, [(0, 1)], 5.0))
        assert caught.value.status == status, path
        assert caught.value.detail


def test_a_file_whose_frames_are_all_damaged_is_unreadable(tmp_path, clip):
    path = clip("a.mkv")
    broken = tmp_path / "broken.mkv"
    with av.open(str(path)) as source, av.open(str(broken), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is None:
                continue
            bad = av.Packet(bytes(64))
            bad.pts, bad.dts, bad.time_base = packet.pts, packet.dts, packet.time_base
            bad.stream = stream
            target.mux(bad)
    with pytest.raises(MediaError, match="unreadable: no picture decodes: a packet"):
        list(sample_frames(broken, [(0, 1)], 5.0))


def test_pictures_too_large_for_the_memory_are_refused(clip, monkeypatch):
    monkeypatch.setattr(video, "MAX_PICTURE_PX", 100 * 100)
    with pytest.raises(MediaError, match="unreadable: pictures of 192 x 64 px"):
        list(sample_frames(clip("a.mp4"), [(0, 1)], 5.0))


def test_a_cover_picture_is_no_video(tmp_path, numbered):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as opened:
        voice = opened.add_stream("aac", rate=16000, layout="mono")
        cover = opened.add_stream("mjpeg", rate=1)
        cover.disposition = av.stream.Disposition.attached_pic
        cover.width, cover.height, cover.pix_fmt = 192, 64, "yuvj420p"
        picture = av.VideoFrame.from_ndarray(numbered(1), "rgb24")
        opened.mux([*cover.encode(picture), *cover.encode(None)])
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate = 16000
        opened.mux([*voice.encode(sound), *voice.encode(None)])
    with pytest.raises(MediaError) as caught:
        list(sample_frames(path, [(0, 1)], 5.0))
    assert caught.value.status == "no_stream"
