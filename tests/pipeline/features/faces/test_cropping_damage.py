"""Videos that are damaged, gone or hold no pictures: a reason for each utterance, and no more."""

import re

import av
import numpy as np
import pytest

from pipeline.features.faces.crop_cache import CropCache
from pipeline.media.damage import Damage
from pipeline.media.errors import MediaError, ReadError
from tests.pipeline import clips
from tests.pipeline.features.faces.squares import INF, contents, crop, job_of


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
    jobs = [job_of(0, 0.0, 0.5), job_of(1, 0.5, 1.5), job_of(2, 1.5, 1.9), job_of(3, 0.0, INF)]
    caches = [CropCache(tmp_path / name) for name in ("together", "alone")]
    records = crop(damaged, jobs, caches[0])
    assert [bool(records[k].detail) for k in range(4)] == [False, True, False, True]
    assert re.match(r"the file is damaged: \d+ times, last: \w+", records[1].detail)
    for job in jobs:
        crop(damaged, [job], caches[1])
        assert caches[0].path(job.key).read_bytes() == caches[1].path(job.key).read_bytes()


def test_a_file_without_pictures_is_kept_with_its_reason(tmp_path, cache):
    sound = clips.write_sound(tmp_path / "a.wav", np.ones(800, np.int16))
    (tmp_path / "text.mp4").write_text("no media\n" * 500)
    for path, status in ((sound, "no_stream"), (tmp_path / "text.mp4", "unreadable")):
        jobs = [job_of(path.name.encode().hex(), 0.0, 1.0), job_of(status.encode().hex(), 2.0, 3.0)]
        records = crop(path, jobs, cache)
        for k, job in enumerate(jobs):
            assert (records[k].status, records[k].n_frames) == (status, 0)
            assert records[k].detail
            assert cache.get(job.key) == records[k]


def test_a_file_that_is_not_there_or_that_the_system_refuses_is_not_kept(tmp_path, cache):
    def refused(*_):
        raise ReadError("the disk fails")
        yield

    jobs = [job_of(0, 0.0, 1.0), job_of(1, 2.0, 3.0)]
    for status, options in (("no_media", {}), ("read_error", {"frames": refused})):
        records = crop(tmp_path / "none.mp4", jobs, cache, **options)
        assert len(records) == 2
        assert all(
            isinstance(record, MediaError) and record.status == status
            for record in records.values()
        )
    assert contents(cache) == {}


def test_damage_is_counted(clip, tmp_path, cache):
    content = bytearray(clip.read_bytes())
    middle = content.index(b"mdat") + 1500
    content[middle : middle + 200] = bytes(200)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(content)
    damage = Damage()
    record = crop(broken, [job_of(0, 0.0, 2.0)], cache, damage)[0]
    assert damage.n_errors > 0
    assert record.status == "ok"
