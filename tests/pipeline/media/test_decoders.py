"""Files side by side, each in a process of its own: in order, and over at once when left."""

import sys
import threading
import time

import numpy as np
import pytest

from pipeline.media import decoder as decoder_module
from pipeline.media.decoders import decoding_each
from pipeline.media.errors import ReadError
from pipeline.media.frame_service import decode_frames


def frames_of(decoder, path):
    frames = decode_frames(decoder, path, [(0.0, 1.0)], 5.0)
    return decoder._process, [frame.image for frame in frames]


@pytest.mark.parametrize("n_decoders", [1, 2, 9])
def test_files_come_in_order_whatever_how_many_decode(clip, n_decoders):
    paths = [clip(f"{k}.mp4", n=15 + k) for k in range(4)]
    alone = [next(decoding_each(frames_of, [path], 1))[1] for path in paths]
    found = [images for _, images in decoding_each(frames_of, paths, n_decoders)]
    for images, wanted in zip(found, alone, strict=True):
        assert len(images) >= 3
        assert np.array_equal(images, wanted)
    assert list(decoding_each(frames_of, [], n_decoders)) == []


def test_as_many_processes_as_asked_for_work_at_once(clip):
    path, meeting = clip("a.mp4"), threading.Barrier(3)
    processes = set()

    def work(decoder, number):
        for _ in decode_frames(decoder, path, [(0.0, 2.0)], 5.0):
            processes.add(decoder._process)
            if number < 3:
                meeting.wait(60)
        return number

    assert list(decoding_each(work, range(3), 3)) == [0, 1, 2]
    assert len(processes) == 3
    assert all(process.poll() is not None for process in processes)


def test_who_leaves_ends_what_is_being_decoded(clip):
    path, begun = clip("a.mp4"), threading.Semaphore(0)
    served, errors = [], []

    def work(decoder, number):
        if number == 0:
            assert begun.acquire(timeout=60)
            raise KeyboardInterrupt
        served.append(number)
        try:
            for _ in decode_frames(decoder, path, [(0.0, 2.0)], 25.0):
                begun.release()
                time.sleep(1.0)  # fifty frames: nobody waits for all of them
        except ReadError as error:
            errors.append(str(error))

    started_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(decoding_each(work, range(200), 3))
    assert time.monotonic() - started_s < 40
    assert len(errors) == len(served) <= 4


def test_a_decoder_that_was_stopped_reads_no_further(clip):
    path = clip("a.mp4")

    def work(decoder, _):
        frames = decode_frames(decoder, path, [(0.0, 2.0)], 25.0)
        next(frames)
        decoder.stop()
        with pytest.raises(ReadError, match=r"stopped|SIGKILL"):
            list(frames)
        with pytest.raises(ReadError, match="stopped"):
            list(decode_frames(decoder, path, [(0.0, 2.0)], 25.0))
        return decoder

    (decoder,) = decoding_each(work, [0], 1)
    assert decoder._process is None


def test_a_decoder_that_is_stopped_while_it_starts_says_so(clip, monkeypatch):
    asleep = (sys.executable, "-c", "import time; time.sleep(600)")
    monkeypatch.setattr(decoder_module, "COMMAND", asleep)
    decoder = decoder_module.Decoder()

    def stop():
        while decoder._process is None:
            time.sleep(0.01)
        decoder.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(ReadError, match="stopped"):
        frames_of(decoder, clip("a.mp4"))
    stopper.join()
    assert decoder._process is None
