"""A system that fails says nothing of the media: nothing of it is kept, and the next run is right.

The disk of these tests fails in the process that decodes, or in ours, as a real one does: `read`
raises, or the file may not be opened.
"""

import errno
import os
import shutil
import sys

import numpy as np
import pytest

from pipeline.features.cache import sources
from pipeline.features.store import read_store
from pipeline.media import decoder as decoding_side
from pipeline.stages import extract_features

FAILING = """
import errno, os
from pipeline.media import decoding, source as reading
real = reading.Source.read
def read(source, n_bytes):
    if source.name.endswith("1.wav") and source.tell() > 40_000:
        source.error = OSError({number}, os.strerror({number}))
        raise source.error
    return real(source, n_bytes)
reading.Source.read = read
decoding.main()
"""


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOMEM, errno.ETIMEDOUT])
def test_a_disk_that_fails_in_the_middle_is_no_content(spoken, monkeypatch, capsys, number):
    command = (sys.executable, "-c", FAILING.format(number=number))
    with monkeypatch.context() as failing:
        failing.setattr(decoding_side, "COMMAND", command)
        store = spoken.run("audio", "moonshine-tiny")
    # The first two utterances lie before the place that cannot be read, or are lost with it.
    assert spoken.statuses(store)[:3] == ["ok"] * 3
    assert spoken.statuses(store)[5] == "read_error"
    assert os.strerror(number) in capsys.readouterr().out
    kept = len(list((spoken.cache / "audio").rglob("*.safetensors")))
    assert kept == spoken.statuses(store).count("ok")
    assert (spoken.folder / ".out.safetensors.again").exists()
    well = spoken.run("audio", "moonshine-tiny")
    assert spoken.statuses(well) == ["ok"] * 6
    assert not (spoken.folder / ".out.safetensors.again").exists()
    spoken.cache = spoken.folder / "fresh"
    assert np.array_equal(spoken.run("audio", "moonshine-tiny").features, well.features)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_read_once_it_has_it(spoken):
    arguments = spoken.arguments("audio", "moonshine-tiny")
    (spoken.root / "v/1.wav").chmod(0)
    extract_features.main(arguments)
    store = read_store(spoken.folder / "out.safetensors")
    assert spoken.statuses(store) == ["ok"] * 3 + ["read_error"] * 3


def test_a_video_replaced_after_the_corpus_was_read_is_not_kept_under_its_key(spoken, write_wav):
    arguments = spoken.arguments("audio", "moonshine-tiny")
    extract_features.main(arguments)
    right = read_store(spoken.folder / "out.safetensors")
    shutil.rmtree(spoken.cache)
    original = (spoken.root / "v/1.wav").rename(spoken.root / "original.wav")
    write_wav(spoken.root / "v/1.wav", 48_000, seed=77)
    extract_features.main(arguments)
    store = read_store(spoken.folder / "out.safetensors")
    assert spoken.statuses(store) == ["ok"] * 3 + ["read_error"] * 3
    original.replace(spoken.root / "v/1.wav")
    extract_features.main(arguments)
    assert np.array_equal(read_store(spoken.folder / "out.safetensors").features, right.features)


def test_a_video_replaced_while_it_is_read_is_not_kept(spoken, write_wav, monkeypatch):
    real = sources.check_state

    def check_and_replace(path, state):
        real(path, state)
        write_wav(path, 48_000, seed=78)  # right after its digest was taken

    monkeypatch.setattr(sources, "check_state", check_and_replace)
    store = spoken.run("audio", "moonshine-tiny")
    assert spoken.statuses(store) == ["read_error"] * 6
    assert not list((spoken.cache / "audio").rglob("*.safetensors"))
