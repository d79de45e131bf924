"""The process that decodes, spoken to by hand: lines of JSON, each with its bytes."""

import json
import os
import subprocess
import wave

import numpy as np
import pytest

from pipeline.media.decoder import COMMAND, ROOT
from pipeline.media.decoding import MAX_MEMORY_BYTES


@pytest.fixture
def process():
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    started = subprocess.Popen(COMMAND, env=place, **pipes)
    assert answer(started) == ({"ready": True}, b"")
    yield started
    started.stdin.close()
    assert started.wait(timeout=20) == 0  # it ends with its input
    started.stdout.close()


def answer(process):
    facts = json.loads(process.stdout.readline())
    return facts, process.stdout.read(facts.pop("n_bytes"))


def answers(process, **request):
    """All answers to a request, the last one included."""
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    found = [answer(process)]
    while not {"done", "error"} & found[-1][0].keys():
        found.append(answer(process))
    return found


@pytest.fixture
def sound(tmp_path):
    samples = np.arange(-800, 800, dtype="<i2")
    with wave.open(str(tmp_path / "a.wav"), "wb") as stream:
        stream.setparams((1, 2, 8000, 0, "NONE", ""))
        stream.writeframes(samples.tobytes())
    return tmp_path / "a.wav", samples


def test_samples_follow_their_line_and_the_last_line_counts_the_damage(process, sound):
    path, samples = sound
    *pieces, last = answers(process, service="sound", path=str(path), spans=[[0, None]],
                            channel=None)  # fmt: skip
    heard = np.concatenate([np.frombuffer(payload, np.float32) for _, payload in pieces])
    np.testing.assert_array_equal(heard, samples / np.float32(2**15))
    assert last == ({"done": True, "damage": {"n_errors": 0, "first": "", "last": ""}}, b"")


def test_one_file_after_the_other_and_a_bad_one_ends_nothing(process, sound, tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    for path, kinds in ((tmp_path / "text.wav", None), (sound[0], ["audio"])):
        found = answers(process, service="header", path=str(path))
        if kinds is None:
            assert found[-1][0]["error"] == "unreadable"
        else:
            assert found[0][0]["kinds"] == kinds


def test_a_request_that_nobody_serves_is_answered(process):
    ((facts, _),) = answers(process, service="nobody", path="x")
    assert facts["error"] == "unreadable"
    assert "nobody" in facts["detail"]


def test_its_memory_has_a_limit_and_it_leaves_no_core(process):
    with open(f"/proc/{process.pid}/limits") as stream:  # noqa: PTH123 - the kernel's own words
        limits = {line[:25].strip(): line[25:].split()[0] for line in stream}
    assert 0 < int(limits["Max address space"]) <= MAX_MEMORY_BYTES
    assert limits["Max core file size"] == "0"
