"""Copies that browsers play, of what they do not: read by PyAV, apart from our own reading."""

import av
import numpy as np
import pytest

from pipeline.base.files import UnsafePathError
from pipeline.tools.label.copies import write_copies
from tests.pipeline import clips

RATE_HZ, FPS, SECONDS = 16000, 25, 3


@pytest.fixture
def videos(tmp_path):
    """A folder with a video of MPEG-4 in AVI (bright from 1 s on), a sound, and what is neither."""
    folder = tmp_path / "videos"
    (folder / "a").mkdir(parents=True)
    levels = [20 if number < FPS else 220 for number in range(SECONDS * FPS)]
    frames = [np.full((480, 800, 3), level, np.uint8) for level in levels]
    times_s = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    tone = np.where(times_s < 2, 0, 12000 * np.sin(2 * np.pi * 440 * times_s)).astype(np.int16)
    clips.write_video(
        folder / "a/talk.avi", frames, [n / FPS for n in range(len(frames))], sound=tone
    )
    clips.write_sound(folder / "sound.wav", tone)
    (folder / "empty.mp4").touch()
    return folder


def seen(path):
    """(time, mean level) of each picture."""
    with av.open(str(path)) as container:
        return [(f.time, f.to_ndarray(format="gray").mean()) for f in container.decode(video=0)]


def heard(path):
    """Samples, and their rate."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    return np.concatenate([f.to_ndarray().reshape(-1) for f in frames]), frames[0].sample_rate


def test_pictures_and_sound_stand_where_they_stood(videos, tmp_path):
    copies = write_copies(tmp_path / "out", ["a/talk.avi", "sound.wav"], videos)
    path = copies["a/talk.avi"]
    assert path == tmp_path / "out/copies/a/talk.avi.webm"
    with av.open(str(path)) as container:
        names = {stream.codec_context.name for stream in container.streams}
        assert names == {"vp8", "opus"}
        assert (container.streams.video[0].width, container.streams.video[0].height) == (640, 384)

    turned_s = next(time for time, level in seen(path) if level > 120)
    assert turned_s == pytest.approx(1.0, abs=0.1)
    for copy in copies.values():
        samples, rate = heard(copy)
        loud = np.flatnonzero(np.abs(samples) > 0.1 * np.abs(samples).max())
        assert loud[0] / rate == pytest.approx(2.0, abs=0.05)
        assert len(samples) / rate == pytest.approx(SECONDS, abs=0.15)


def test_a_copy_that_is_newer_than_its_file_stays(videos, tmp_path):
    (path,) = write_copies(tmp_path, ["sound.wav"], videos).values()
    before = path.stat().st_mtime_ns
    write_copies(tmp_path, ["sound.wav"], videos)
    assert path.stat().st_mtime_ns == before
    clips.write_sound(videos / "sound.wav", np.full(8000, 5000, np.int16))
    write_copies(tmp_path, ["sound.wav"], videos)
    assert len(heard(path)[0]) < 2 * RATE_HZ * 3


def test_what_cannot_be_decoded_is_told_and_has_none(videos, tmp_path, capsys):
    assert write_copies(tmp_path / "out", ["empty.mp4", "gone.mp4"], videos) == {}
    said = capsys.readouterr().err
    assert "empty.mp4 has no copy: no picture and no sound of it can be decoded" in said
    assert "gone.mp4 has no copy: is not there" in said
    assert not (tmp_path / "out").exists()


def test_a_path_that_leaves_the_folder_is_refused(videos, tmp_path):
    with pytest.raises(UnsafePathError):
        write_copies(tmp_path / "out", ["../talk.avi"], videos)
